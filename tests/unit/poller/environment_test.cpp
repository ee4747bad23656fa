#include "poller/config/environment.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "poller/errors.hpp"

namespace poller {
namespace {

class EnvironmentFile : public testing::Test {
protected:
    void SetUp() override { path_ = testing::TempDir() + "poller_environment_file"; }
    void TearDown() override { std::filesystem::remove(path_); }
    void write(std::string_view content) const { std::ofstream(path_) << content; }

    std::string path_;
};

TEST_F(EnvironmentFile, AddsWhatTheEnvironmentLacks) {
    write("# settings\n\nA=from file\r\n  B = \"quoted # text\" \nC='x'\nLAST=no line end");
    Environment environment(std::map<std::string, std::string>{{"A", "from environment"}});
    environment.add_file(path_);
    EXPECT_EQ(environment.find("A")->value, "from environment");
    EXPECT_EQ(environment.find("A")->source, "environment");
    EXPECT_EQ(environment.find("B")->value, "quoted # text");
    EXPECT_EQ(environment.find("B")->source, path_ + " line 4");
    EXPECT_EQ(environment.find("C")->value, "x");
    EXPECT_EQ(environment.find("LAST")->value, "no line end");
    EXPECT_EQ(environment.find("D"), nullptr);
}

TEST_F(EnvironmentFile, ALaterLineWins) {
    write("A=1\nA=2\n");
    Environment environment;
    environment.add_file(path_);
    EXPECT_EQ(environment.find("A")->value, "2");
}

TEST_F(EnvironmentFile, NamesALineThatIsNoSetting) {
    write("A=1\nexport B=2\n");
    Environment environment;
    try {
        environment.add_file(path_);
        FAIL() << "accepted";
    } catch (const ConfigError &error) {
        EXPECT_NE(std::string(error.what()).find("line 2"), std::string::npos) << error.what();
    }
    EXPECT_THROW(environment.add_file("/nowhere/file"), ConfigError);
    EXPECT_THROW(environment.add_file(testing::TempDir()), ConfigError) << "a folder";
}

TEST_F(EnvironmentFile, ASecretEndsBeforeItsLineEnd) {
    write(" secret with blanks \r\n\n");
    EXPECT_EQ(read_secret_file(path_), " secret with blanks ");
    write(std::string(70'000, 'x'));
    EXPECT_THROW(static_cast<void>(read_secret_file(path_)), ConfigError);
}

}  // namespace
}  // namespace poller
