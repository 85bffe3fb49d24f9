-- POST /signup/email-password with an address that nobody has yet.

dofile("bench/lua/common.lua")

local number = 0

function init(arguments)
   prefix = arguments[1]
   password = arguments[2]
end

function request()
   number = number + 1
   return json_post(
      "/signup/email-password",
      '{"email":"' .. prefix .. "-" .. number .. '@example.com","password":"' .. password .. '"}'
   )
end
