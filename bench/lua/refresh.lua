-- POST /token: each refresh token is used once, and the one that is answered joins the end of the line.
-- wrk does not tell a script which connection it asks for. As long as there are more sessions than connections,
-- no token is ever asked for twice.

dofile("bench/lua/common.lua")

local first, last = 1, 0
local waiting = {}

function init(arguments)
   for _, token in ipairs(lines_of(arguments[1])) do
      last = last + 1
      waiting[last] = token
   end
end

function request()
   local token = waiting[first]
   waiting[first] = nil
   first = first + 1
   return json_post("/token", '{"refreshToken":"' .. token .. '"}')
end

function response(status, headers, body)
   local token = body:match('"refreshToken"%s*:%s*"([^"]+)"')
   if token then
      last = last + 1
      waiting[last] = token
   end
end
