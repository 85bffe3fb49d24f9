-- POST /token/verify with one access token after the other.

dofile("bench/lua/common.lua")

local next_token = 0

function init(arguments)
   tokens = lines_of(arguments[1])
end

function request()
   next_token = next_token % #tokens + 1
   return json_post("/token/verify", '{"token":"' .. tokens[next_token] .. '"}')
end
