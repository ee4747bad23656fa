#include "poller/async/wakeup.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>

#include "poller/async/event_loop.hpp"
#include "poller/async/sleep.hpp"

namespace poller {
namespace {

using std::chrono::milliseconds;

class WakeupTest : public testing::Test {
protected:
    awaitable<void> wait(char name, milliseconds limit) {
        const bool woken = co_await wakeup_.wait_for(limit);
        order_ += name;
        order_ += woken ? '+' : '-';
    }

    asio::io_context context_;
    Wakeup wakeup_;
    std::string order_;
};

TEST_F(WakeupTest, WakesInTheOrderOfWaiting) {
    for (const char name : {'a', 'b', 'c'}) {
        spawn(context_.get_executor(), wait(name, milliseconds(10'000)));
    }
    asio::post(context_, [this] {
        wakeup_.wake_one();
        wakeup_.wake_one();
    });
    context_.run_for(milliseconds(50));
    EXPECT_EQ(order_, "a+b+");
    wakeup_.wake_all();
    context_.run();
    EXPECT_EQ(order_, "a+b+c+");
}

TEST_F(WakeupTest, GivesUpAfterTheLimit) {
    spawn(context_.get_executor(), wait('a', milliseconds(5)));
    context_.run();
    EXPECT_EQ(order_, "a-");
    wakeup_.wake_all();  // nobody waits
}

// Wakes the next one when it is taken down, as a lease does that gives its connection back.
struct PassesOn {
    Wakeup *wakeup;
    ~PassesOn() { wakeup->wake_one(); }
};

TEST_F(WakeupTest, ThoseWhoWaitMayBeTakenDown) {
    EventLoop loop;
    const auto wait_and_pass_on = [this]() -> awaitable<void> {
        const PassesOn passes_on{&wakeup_};
        co_await wakeup_.wait();
    };
    for (int i = 0; i < 3; ++i) spawn(loop.get_executor(), wait_and_pass_on());
    loop.run_for(milliseconds(5));
    { const EventLoop::EndOfTasks end(loop); }
    wakeup_.wake_all();  // nobody is left
}

TEST(Wakeup, MayGoBeforeThoseWhoWait) {
    asio::io_context context;
    auto wakeup = std::make_unique<Wakeup>();
    spawn(context.get_executor(), wakeup->wait());
    context.run_for(milliseconds(5));
    wakeup.reset();
}

TEST(EventLoop, ACommandEndsWithItsTaskWhateverElseWaits) {
    EventLoop loop;
    Wakeup never;
    spawn(loop.get_executor(), never.wait());
    const auto answer = []() -> awaitable<int> { co_return 3; };
    EXPECT_EQ(loop.run_to_end(answer()), 3);
}

TEST(EventLoop, ACommandThrowsWhatItsTaskThrows) {
    EventLoop loop;
    const auto fail = []() -> awaitable<int> {
        co_await sleep_for(milliseconds(1));
        throw std::logic_error("on purpose");
    };
    EXPECT_THROW(static_cast<void>(loop.run_to_end(fail())), std::logic_error);
}

TEST(Sleep, EndsEarlyWhenStopped) {
    asio::io_context context;
    std::stop_source stop;
    const auto started = std::chrono::steady_clock::now();
    spawn(context.get_executor(), sleep_for(std::chrono::hours(1), stop.get_token()));
    asio::post(context, [&stop] { stop.request_stop(); });
    context.run();
    spawn(context.get_executor(), sleep_for(std::chrono::hours(1), stop.get_token()));
    context.restart();
    context.run();
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::minutes(1));
}

TEST(Spawn, AnExceptionOfATaskEndsTheLoop) {
    asio::io_context context;
    spawn(context.get_executor(), []() -> awaitable<void> {
        co_await sleep_for(milliseconds(1));
        throw std::runtime_error("unforeseen");
    }());
    EXPECT_THROW(context.run(), std::runtime_error);
}

}  // namespace
}  // namespace poller
