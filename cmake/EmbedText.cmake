# Writes TEXT (a file) as a C++ source that defines `std::string_view FUNCTION()`, declared in HEADER; FUNCTION is
# qualified. Run as a script: cmake -DTEXT=... -DOUTPUT=... -DHEADER=... -DFUNCTION=... -P EmbedText.cmake
#
# In pieces, since compilers may limit the length of a literal.
file(READ "${TEXT}" text)
string(LENGTH "${text}" length)
set(literals "")
set(at 0)
while(at LESS length)
  string(SUBSTRING "${text}" ${at} 8000 piece)
  string(APPEND literals "R\"embedded(${piece})embedded\"\n")
  math(EXPR at "${at} + 8000")
endwhile()
file(WRITE "${OUTPUT}.new" "#include \"${HEADER}\"\n\nstd::string_view ${FUNCTION}() { return\n${literals};\n}\n")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
