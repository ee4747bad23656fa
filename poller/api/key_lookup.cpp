#include "poller/api/key_lookup.hpp"

#include <utility>
#include <vector>

namespace poller::api {

awaitable<KeyLookup::Scopes> KeyLookup::scopes_of(std::string hash) {
    if (!next_) next_ = std::make_shared<Round>();
    const std::shared_ptr<Round> round = next_;
    round->keys.try_emplace(hash);
    if (!asking_) {
        asking_ = true;
        spawn(co_await asio::this_coro::executor, answer());
    }
    while (!round->done) co_await round->answered.wait();
    if (round->error) std::rethrow_exception(round->error);
    co_return round->keys.find(hash)->second;
}

awaitable<void> KeyLookup::answer() {
    while (next_) {
        const std::shared_ptr<Round> round = std::exchange(next_, nullptr);
        try {
            co_await ask(*round);
        } catch (...) {
            round->error = std::current_exception();
        }
        round->done = true;
        round->answered.wake_all();
    }
    asking_ = false;
}

awaitable<void> KeyLookup::ask(Round &round) {
    std::vector<std::string> hashes;
    for (const auto &key : round.keys) hashes.push_back(key.first);
    const db::Result found = co_await database_.query(
        "SELECT array_to_string(find_api_key(hash::bytea), ',') FROM unnest($1::text[]) WITH ORDINALITY AS k (hash, n)"
        " ORDER BY n",
        db::params(hashes));
    auto key = round.keys.begin();
    for (const db::Row row : found) {
        if (!row[0].is_null()) key->second = row[0].text();
        ++key;
    }
}

}  // namespace poller::api
