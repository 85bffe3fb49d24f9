-- The same GET again and again.

dofile("bench/lua/common.lua")
