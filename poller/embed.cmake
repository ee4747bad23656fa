# embed_text(TARGET FILE SYMBOL): compiles a text file into TARGET as `extern const std::string_view poller::SYMBOL`.
# @PROJECT_VERSION@ in the file becomes the version.
function(embed_text target file symbol)
    file(READ ${file} content)
    string(CONFIGURE "${content}" content @ONLY)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded/${symbol}.cpp)
    file(CONFIGURE OUTPUT ${source} @ONLY CONTENT
"#include <string_view>

namespace poller {
extern const std::string_view @symbol@;
const std::string_view @symbol@ = R\"embedded(@content@)embedded\";
}  // namespace poller
")
    target_sources(${target} PRIVATE ${source})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
endfunction()

# embed_folder(TARGET FOLDER SYMBOL): compiles the text files of a folder into TARGET as
# `extern const std::span<const EmbeddedFile> poller::SYMBOL` (poller/web/embedded_file.hpp).
function(embed_folder target folder symbol)
    file(GLOB files CONFIGURE_DEPENDS ${folder}/*)
    set(entries "")
    foreach(file IN LISTS files)
        get_filename_component(name ${file} NAME)
        file(READ ${file} content)
        string(APPEND entries "    {\"${name}\", R\"embedded(${content})embedded\"},\n")
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    endforeach()
    set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded/${symbol}.cpp)
    file(CONFIGURE OUTPUT ${source} @ONLY CONTENT
"#include \"poller/web/embedded_file.hpp\"

namespace poller {
namespace {

constexpr EmbeddedFile kFiles[] = {
@entries@};

}  // namespace

extern const std::span<const EmbeddedFile> @symbol@;
const std::span<const EmbeddedFile> @symbol@(kFiles);

}  // namespace poller
")
    target_sources(${target} PRIVATE ${source})
endfunction()
