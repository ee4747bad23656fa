#include "poller/http/server/router.hpp"

#include <gtest/gtest.h>

namespace poller::http {
namespace {

[[nodiscard]] awaitable<Response> nothing(Request &) { co_return Response{}; }

class RouterTest : public testing::Test {
protected:
    RouterTest() {
        router_.add(Verb::get, "/forecast/pipeline", nothing);
        router_.add(Verb::post, "/analysis/{project_id}/run", nothing);
        router_.add(Verb::get, "/analysis/{project_id}", nothing);
        router_.add(Verb::delete_, "/analysis/{project_id}", nothing);
        router_.add(Verb::get, "/", nothing);
    }

    // The pattern and parameters that match, "404", or "405" with what is allowed.
    [[nodiscard]] std::string find(Verb method, std::string_view path) const {
        const auto found = router_.find(method, path);
        if (const auto *match = std::get_if<Router::Match>(&found)) {
            std::string text = match->route->pattern;
            for (const auto &[name, value] : match->parameters) {
                text += " " + name + "=" + value;
            }
            return text;
        }
        const auto *not_allowed = std::get_if<Router::NotAllowed>(&found);
        return not_allowed == nullptr ? "404" : "405 " + not_allowed->allow;
    }

    Router router_;
};

TEST_F(RouterTest, FindsTheRoute) {
    EXPECT_EQ(find(Verb::get, "/forecast/pipeline"), "/forecast/pipeline");
    EXPECT_EQ(find(Verb::post, "/analysis/17425/run"), "/analysis/{project_id}/run project_id=17425");
    EXPECT_EQ(find(Verb::get, "/"), "/");
}

TEST_F(RouterTest, DecodesParameters) {
    EXPECT_EQ(find(Verb::get, "/analysis/a%2Fb%20c"), "/analysis/{project_id} project_id=a/b c");
    EXPECT_EQ(find(Verb::get, "/analysis/a%zz"), "404");
    EXPECT_EQ(find(Verb::get, "/analysis/"), "404");
}

TEST_F(RouterTest, AnswersHeadAsGet) { EXPECT_EQ(find(Verb::head, "/forecast/pipeline"), "/forecast/pipeline"); }

TEST_F(RouterTest, SaysWhatIsAllowed) {
    EXPECT_EQ(find(Verb::post, "/forecast/pipeline"), "405 GET, HEAD");
    EXPECT_EQ(find(Verb::put, "/analysis/1"), "405 GET, HEAD, DELETE");
}

TEST_F(RouterTest, KnowsNothingElse) {
    for (const char *path : {"", "*", "/forecast", "/forecast/pipeline/", "//forecast/pipeline", "/analysis/1/run/x",
                             "forecast/pipeline"}) {
        EXPECT_EQ(find(Verb::get, path), "404") << path;
    }
}

}  // namespace
}  // namespace poller::http
