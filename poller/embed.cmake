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
