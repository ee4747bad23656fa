# Writes a C++ file with the GraphQL documents: #import "file" lines replaced by that file, comments left out.
# cmake -DOUTPUT=queries.cpp -DDOCUMENTS="a.graphql;b.graphql" -P embed.cmake
set(definitions "")
foreach(document IN LISTS DOCUMENTS)
    get_filename_component(name "${document}" NAME_WE)
    get_filename_component(folder "${document}" DIRECTORY)
    file(READ "${document}" text)
    string(REGEX MATCHALL "#import \"[^\"\n]+\"" imports "${text}")
    foreach(import IN LISTS imports)
        string(REGEX REPLACE "#import \"([^\"]+)\"" "\\1" imported "${import}")
        file(READ "${folder}/${imported}" imported_text)
        string(APPEND text "${imported_text}")
    endforeach()
    string(REGEX REPLACE "#[^\n]*\n" "" text "${text}")
    string(APPEND definitions "constexpr Document ${name}{\"${name}\", R\"graphql(${text})graphql\"};\n")
endforeach()
file(WRITE "${OUTPUT}" "// Made by poller/monday/queries/embed.cmake.\n"
    "#include \"poller/monday/queries/documents.hpp\"\n\nnamespace poller::monday::documents {\n\n"
    "${definitions}\n}  // namespace poller::monday::documents\n")
