-- POST /signin/email-password as one user after the other, each with the right password.

dofile("bench/lua/common.lua")

local next_email = 0

function init(arguments)
   emails = lines_of(arguments[1])
   password = arguments[2]
end

function request()
   next_email = next_email % #emails + 1
   return json_post(
      "/signin/email-password", '{"email":"' .. emails[next_email] .. '","password":"' .. password .. '"}'
   )
end
