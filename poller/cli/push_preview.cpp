#include "poller/cli/push_preview.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "poller/jobs/outside_work.hpp"
#include "poller/monday/item_page.hpp"
#include "poller/monday/push.hpp"
#include "poller/tolerant_json.hpp"

namespace poller::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kItemsOfACall = 100;

std::int64_t calls_for(std::int64_t things, std::size_t of_a_call) {
    const auto size = static_cast<std::int64_t>(of_a_call);
    return (things + size - 1) / size;
}

struct OfBoard {
    std::string id;
    std::string name;
    std::int64_t columns = 0;
    std::int64_t new_comments = 0;
    std::int64_t edited_comments = 0;
    std::vector<std::string> commented;  // projects

    [[nodiscard]] std::int64_t calls() const {
        return calls_for(new_comments, monday::kItemsOfALook) +
               calls_for(columns + new_comments, monday::kMutationsOfAWrite) +
               calls_for(edited_comments, monday::kMutationsOfAWrite);
    }
};

// Of the account's day.
struct Day {
    std::int64_t used = 0;
    std::optional<std::int64_t> quota;

    // What pushes may still use of today; nothing where no limit is known.
    [[nodiscard]] std::optional<std::int64_t> left() const {
        if (!quota) return std::nullopt;
        return std::max<std::int64_t>(share() - used, 0);
    }
    [[nodiscard]] std::int64_t share() const {
        return static_cast<std::int64_t>(static_cast<double>(quota.value_or(0)) * (1 - monday::kLeftToReads));
    }
    [[nodiscard]] std::int64_t days_for(std::int64_t calls) const {
        if (!quota || calls <= *left() || share() == 0) return 1;
        return 1 + calls_for(calls - *left(), static_cast<std::size_t>(share()));
    }
};

awaitable<std::vector<OfBoard>> boards_of(db::Pool &database, int limit) {
    const db::Result rows = co_await database.query(
        "SELECT board_id, board_name, columns_items, comments_new, comments_edited, to_json(project_ids) "
        "FROM monday_push_preview($1)",
        db::params(limit));
    std::vector<OfBoard> boards;
    for (const db::Row row : rows) {
        OfBoard board{std::string{row[0].text()}, std::string{row[1].text()}, row[2].integer(),
                      row[3].integer(),           row[4].integer(),           {}};
        board.commented = parse_json(row[5].text())->get<std::vector<std::string>>();
        boards.push_back(std::move(board));
    }
    co_return boards;
}

awaitable<Day> day_of(db::Pool &database) {
    const db::Result row =
        co_await database.query("SELECT used_today, day_quota FROM provider_limits WHERE provider = 'monday'");
    Day day;
    if (row.empty()) co_return day;
    day.used = row[0][0].integer();
    if (!row[0][1].is_null()) day.quota = row[0][1].integer();
    co_return day;
}

// Items by the name of who is told of a comment on them.
awaitable<std::map<std::string, std::int64_t>> told_of(monday::Client &client, std::vector<std::string> items) {
    std::map<std::string, std::int64_t> told;
    for (std::size_t begin = 0; begin < items.size(); begin += kItemsOfACall) {
        nlohmann::json asked = nlohmann::json::array();
        for (std::size_t at = begin; at < std::min(begin + kItemsOfACall, items.size()); ++at) {
            asked.push_back(items[at]);
        }
        nlohmann::json variables = nlohmann::json::object();
        variables["limit"] = asked.size();
        variables["items"] = std::move(asked);
        auto response = co_await client.read(monday::documents::item_subscribers, std::move(variables));
        const auto list = monday::items_of(std::move(response.data));
        if (!list) continue;
        for (const auto &item : list->items) {
            const auto &subscribers = member(item, "subscribers");
            if (!subscribers.is_array()) continue;
            for (const auto &each : subscribers) ++told[text_of(member(each, "name")).value_or("?")];
        }
    }
    co_return told;
}

std::string in_words(const std::vector<OfBoard> &boards, const std::map<std::string, std::int64_t> &told,
                     const Day &day, std::int64_t calls) {
    std::string text;
    for (const OfBoard &board : boards) {
        text += fmt::format("{}  {}: {} items get numbers, {} a new comment, {} an edited one; {} calls\n", board.id,
                            board.name, board.columns, board.new_comments, board.edited_comments, board.calls());
    }
    if (boards.empty()) return "nothing differs from what was written\n";
    text += told.empty() ? "nobody is told of the comments\n" : "told of comments, as subscribers of the items:\n";
    std::vector<std::pair<std::string, std::int64_t>> people(told.begin(), told.end());
    std::ranges::stable_sort(people, std::ranges::greater{}, &std::pair<std::string, std::int64_t>::second);
    for (const auto &[name, items] : people) text += fmt::format("  {}: {} items\n", name, items);
    text += fmt::format("{} calls in all", calls);
    if (day.quota) {
        text += fmt::format("; of the {} a day {} are used, and pushes leave a quarter to reading: {}", *day.quota,
                            day.used,
                            day.days_for(calls) == 1 ? "done today" : fmt::format("{} days", day.days_for(calls)));
    }
    return text + "\n";
}

std::string as_json(const std::vector<OfBoard> &boards, const std::map<std::string, std::int64_t> &told, const Day &day,
                    std::int64_t calls) {
    ordered_json document;
    document["boards"] = ordered_json::array();
    for (const OfBoard &board : boards) {
        document["boards"].push_back({{"board", board.id},
                                      {"name", board.name},
                                      {"columns", board.columns},
                                      {"new_comments", board.new_comments},
                                      {"edited_comments", board.edited_comments},
                                      {"calls", board.calls()}});
    }
    document["told"] = told;
    document["calls"] = calls;
    document["used_today"] = day.used;
    document["day_quota"] = day.quota ? ordered_json(*day.quota) : ordered_json();
    document["days"] = day.days_for(calls);
    return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

awaitable<int> preview_push(jobs::Services services, PreviewOptions options) {
    const auto boards = co_await boards_of(services.database, options.limit);
    std::vector<std::string> commented;
    std::int64_t calls = 0;
    for (const OfBoard &board : boards) {
        commented.insert(commented.end(), board.commented.begin(), board.commented.end());
        calls += board.calls();
    }
    monday::Budget budget(services.database, monday::kLeftToReads);
    monday::Client client(services.http, budget, monday::account_of(services.settings), jobs::kPatienceOfFlows);
    const auto told = co_await told_of(client, std::move(commented));
    // After the reads, whose answers tell the plan.
    const Day day = co_await day_of(services.database);
    fmt::print("{}", options.json ? as_json(boards, told, day, calls) : in_words(boards, told, day, calls));
    co_return 0;
}

}  // namespace poller::cli
