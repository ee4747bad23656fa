#include "poller/imports/mapping_columns.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <set>

namespace poller::imports {
namespace {

using nlohmann::json;
using Visit = std::function<void(std::string &)>;

void visit_names(json &names, const Visit &visit) {
    if (names.is_string()) {
        visit(names.get_ref<std::string &>());
    } else if (names.is_array()) {
        for (json &name : names) {
            if (name.is_string()) {
                visit(name.get_ref<std::string &>());
            }
        }
    }
}

// {"column": …, "only_if": {"column": …}} and the like. What holds values or names of another table is passed over.
void visit_object(json &source, const Visit &visit) {
    for (auto &[key, value] : source.items()) {
        if (key == "column" || key == "columns" || key == "days_between") {
            visit_names(value, visit);
        } else if (value.is_object() && key != "map" && key != "lookup" && key != "constant") {
            visit_object(value, visit);
        }
    }
}

void visit_columns(json &mapping, const Visit &visit) {
    const auto fields = mapping.is_object() ? mapping.find("fields") : mapping.end();
    if (fields == mapping.end() || !fields->is_object()) {
        return;
    }
    for (json &source : *fields) {
        visit_names(source, visit);
        if (source.is_object()) {
            visit_object(source, visit);
        } else if (source.is_array()) {
            for (json &each : source) {
                if (each.is_object()) {
                    visit_object(each, visit);
                }
            }
        }
    }
}

}  // namespace

std::vector<std::string> columns_read(const json &mapping) {
    std::vector<std::string> names;
    json copy = mapping;
    visit_columns(copy, [&](std::string &name) { names.push_back(name); });
    return names;
}

json with_staged_names(json mapping, const std::vector<Column> &columns) {
    visit_columns(mapping, [&](std::string &name) {
        const auto found = std::ranges::find(columns, plain_name(name), &Column::name);
        if (found != columns.end()) {
            name = found->staged;
        }
    });
    return mapping;
}

json with_full_names(json proposal, const std::vector<Column> &columns) {
    const Visit rename = [&](std::string &name) {
        const auto found = std::ranges::find(columns, name, &Column::staged);
        if (found != columns.end()) {
            name = found->name;
        }
    };
    visit_columns(proposal, rename);
    for (const char *list : {"columns", "questions"}) {
        const auto entries = proposal.find(list);
        if (entries == proposal.end() || !entries->is_array()) {
            continue;
        }
        for (json &entry : *entries) {
            if (entry.is_object() && entry.contains("column")) {
                visit_names(entry["column"], rename);
            }
        }
    }
    return proposal;
}

std::vector<std::size_t> places_of(const std::vector<std::string> &names, const std::vector<Column> &columns) {
    std::set<std::string> wanted;
    std::ranges::transform(names, std::inserter(wanted, wanted.end()), plain_name);
    std::vector<std::size_t> places;
    for (std::size_t at = 0; at < columns.size(); ++at) {
        if (wanted.contains(columns[at].name) || wanted.contains(columns[at].staged)) {
            places.push_back(at);
        }
    }
    return places;
}

}  // namespace poller::imports
