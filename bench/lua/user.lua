-- GET /user with one access token after the other.

dofile("bench/lua/common.lua")

local next_token = 0

function init(arguments)
   tokens = lines_of(arguments[1])
end

function request()
   next_token = next_token % #tokens + 1
   return wrk.format("GET", "/user", { ["Authorization"] = "Bearer " .. tokens[next_token] })
end
