#include "poller/powerbi/forecast_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "poller/errors.hpp"

namespace poller::powerbi {
namespace {

struct SortOrder {
    std::string column;
    std::string by;
};

// What the catalog does not know of a table.
struct TablePlan {
    std::string name;
    std::string view;
    std::vector<std::string> hidden = {};
    std::vector<SortOrder> sorted = {};
    std::vector<Measure> measures = {};
    std::string key = {};
    bool is_calendar = false;
    std::string refreshed_by = {};
    std::string changed_by = {};
};

constexpr const char *kMoney = "#,0.00";
constexpr const char *kShare = "0.0 %";

// A sum over several snapshots counts every project several times: the newest one in the filter is taken. It comes from
// the dimension, so that it is the same day for every project, those included that had left the pipeline by then.
[[nodiscard]] std::string at_newest(std::string_view column) {
    return fmt::format(
        "VAR NewestDay = MAX('Snapshot date'[Snapshot date])\n"
        "RETURN CALCULATE(SUM('Forecast history'[{}]), 'Snapshot date'[Snapshot date] = NewestDay)",
        column);
}

// Figures of several segments or horizons speak of the same invoices.
[[nodiscard]] std::string of_one_backtest(std::string_view expression) {
    return fmt::format("IF(\n    HASONEVALUE(Accuracy[Segment]) && HASONEVALUE(Accuracy[Horizon]),\n    {}\n)",
                       expression);
}

[[nodiscard]] const std::vector<TablePlan> &plans() {
    static const std::vector<TablePlan> kPlans = {
        {.name = "Forecast",
         .view = "vw_forecast_latest",
         .hidden = {"project_id", "snapshot_date", "forecast_month", "contract_value", "committed_value",
                    "expected_value", "best_case_value", "worst_case_value", "probability", "loaded_at"},
         .measures =
             {{"Expected", "SUM(Forecast[Expected value])", kMoney,
               "Contract values times probabilities: newest snapshot."},
              {"Committed", "SUM(Forecast[Committed value])", kMoney,
               "Contract values of won projects: newest snapshot."},
              {"Contract value of projects", "SUM(Forecast[Contract value])", kMoney,
               "Contract values whatever their probability, lost ones included: newest snapshot."},
              {"Projects", "COUNTROWS(Forecast)", "#,0",
               "Projects dated within the 12 months, lost ones included: newest snapshot."},
              {"Lost projects", "CALCULATE(COUNTROWS(Forecast), Forecast[Stage bucket] = \"Lost\")", "#,0",
               "Lost projects among them."},
              {"Best case", "SUM(Forecast[Best case value])", kMoney,
               "Every project at the upper end of its band at once, as on the page: a total hardly ever reaches it."},
              {"Worst case", "SUM(Forecast[Worst case value])", kMoney,
               "Every project at the lower end of its band at once, as on the page: a total hardly ever falls so "
               "low."}}},
        {.name = "Forecast history",
         .view = "vw_forecast_history",
         .hidden = {"project_id", "forecast_month", "contract_value", "committed_value", "expected_value",
                    "best_case_value", "worst_case_value", "probability", "loaded_at"},
         .measures =
             {{"Expected at snapshot", at_newest("Expected value"), kMoney,
               "Of one snapshot: the newest that the filter leaves. Values of several snapshots do not add up."},
              {"Committed at snapshot", at_newest("Committed value"), kMoney,
               "Of one snapshot: the newest that the filter leaves."},
              {"Best case at snapshot", at_newest("Best case value"), kMoney,
               "Of one snapshot, the newest that the filter leaves: every project at the upper end of its band."},
              {"Worst case at snapshot", at_newest("Worst case value"), kMoney,
               "Of one snapshot, the newest that the filter leaves: every project at the lower end of its band."},
              {"Change to newest snapshot", "[Expected] - [Expected at snapshot]", kMoney,
               "Expected value of today less that of the snapshot."}},
         .refreshed_by = "snapshot_date",
         .changed_by = "loaded_at"},
        {.name = "Past due",
         .view = "vw_forecast_past_due",
         .hidden = {"project_id", "contract_value", "expected_value", "probability"},
         .measures = {{"Expected but past due", "SUM('Past due'[Expected value])", kMoney,
                       "Of open projects dated in a month that is over (in none of the 12 months), or without any "
                       "date (counted today)."},
                      {"Projects past due", "COUNTROWS('Past due')", "#,0", "Open projects that need a date."}}},
        {.name = "Backlog",
         .view = "vw_forecast_backlog",
         .hidden = {"project_id", "contract_value", "invoiced_value", "backlog_value"},
         .measures = {{"Still to invoice", "SUM(Backlog[Backlog value])", kMoney,
                       "Of won orders: contract value less what was invoiced."}}},
        {.name = "Scope", .view = "vw_forecast_scope", .hidden = {"sort_order"}, .sorted = {{"line", "sort_order"}}},
        {.name = "Accuracy",
         .view = "vw_forecast_accuracy",
         .hidden = {"forecast_month", "snapshot_date", "wape", "bias", "match_rate", "refreshed_at"},
         .measures =
             {{"WAPE of projects",
               of_one_backtest("DIVIDE(SUM(Accuracy[Absolute error]), SUM(Accuracy[Actual value]))"), kShare,
               "Sum of errors by project / sum invoiced, of one segment and one horizon."},
              {"WAPE of months", of_one_backtest("DIVIDE(SUM(Accuracy[Monthly error]), SUM(Accuracy[Actual value]))"),
               kShare, "Sum of errors of monthly totals / sum invoiced, of one segment and one horizon."},
              {"Forecast bias",
               of_one_backtest(
                   "DIVIDE(SUM(Accuracy[Expected value]) - SUM(Accuracy[Actual value]), SUM(Accuracy[Actual value]))"),
               kShare, "(expected - invoiced) / invoiced, of one segment and one horizon."},
              {"Months within band", of_one_backtest("DIVIDE(SUM(Accuracy[Months in band]), COUNTROWS(Accuracy))"),
               kShare, "How often worst <= invoiced <= best held for a monthly total, of one segment and one horizon."},
              {"Forecast match rate",
               of_one_backtest("DIVIDE(SUM(Accuracy[Matched count]), SUM(Accuracy[Actual count]))"), kShare,
               "Invoiced project-months that had been forecast for that month, of one segment and one horizon."},
              {"Skill against mean",
               "VAR Share = DIVIDE(\n"
               "    SUMX(FILTER(Accuracy, NOT ISBLANK(Accuracy[Naive mean])), Accuracy[Monthly error]),\n"
               "    SUMX(FILTER(Accuracy, NOT ISBLANK(Accuracy[Naive mean])), ABS(Accuracy[Naive mean] - "
               "Accuracy[Actual value]))\n)\n"
               "RETURN " +
                   of_one_backtest("IF(NOT ISBLANK(Share), 1 - Share)"),
               kShare,
               "1 - error / error of the 12-month mean: above 0 the forecast is worth more than the mean. Blank where "
               "nothing is known to compare with."}}},
        {.name = "Invoices",
         .view = "vw_invoices",
         .hidden = {"project_id", "amount_invoiced"},
         .measures = {{"Invoiced", "SUM(Invoices[Amount invoiced])", kMoney, "What was invoiced, credit notes net."}}},
        {.name = "Enquiries by month",
         .view = "vw_enquiries_monthly",
         .hidden = {"month", "enquiry_value"},
         .measures = {{"Enquiries", "SUM('Enquiries by month'[Enquiry value])", kMoney, "Value of new enquiries."}}},
        {.name = "Bookings by month",
         .view = "vw_bookings_monthly",
         .hidden = {"month", "booking_value"},
         .measures = {{"Bookings", "SUM('Bookings by month'[Booking value])", kMoney, "Value of orders received."}}},
        {.name = "Revenue by month",
         .view = "vw_revenue_monthly",
         .hidden = {"month", "revenue_value"},
         .measures = {{"Revenue", "SUM('Revenue by month'[Revenue value])", kMoney,
                       "What was invoiced, up to the last complete month."}}},
        {.name = "Project", .view = "vw_dim_project", .key = "project_id"},
        {.name = "Date",
         .view = "vw_dim_date",
         .hidden = {"month_index"},
         .sorted = {{"month_name", "month"}, {"month_label", "month_index"}, {"day_name", "day_of_week"}},
         .key = "date_key",
         .is_calendar = true},
        {.name = "Snapshot date",
         .view = "vw_dim_snapshot_date",
         .hidden = {"loaded_at"},
         .sorted = {{"month_label", "month_start"}},
         .key = "snapshot_date"},
    };
    return kPlans;
}

struct Link {
    const char *from_table, *from_column, *to_table, *to_column;
};
// Forecast has no link to Snapshot date: it is the newest snapshot whatever older one a report looks at beside it.
constexpr std::array<Link, 16> kLinks = {{
    {"Forecast", "project_id", "Project", "project_id"},
    {"Forecast", "forecast_month", "Date", "date_key"},
    {"Forecast history", "project_id", "Project", "project_id"},
    {"Forecast history", "forecast_month", "Date", "date_key"},
    {"Forecast history", "snapshot_date", "Snapshot date", "snapshot_date"},
    {"Past due", "project_id", "Project", "project_id"},
    {"Past due", "forecast_date", "Date", "date_key"},
    {"Backlog", "project_id", "Project", "project_id"},
    {"Backlog", "forecast_date", "Date", "date_key"},
    {"Accuracy", "forecast_month", "Date", "date_key"},
    {"Accuracy", "snapshot_date", "Snapshot date", "snapshot_date"},
    {"Invoices", "project_id", "Project", "project_id"},
    {"Invoices", "invoice_date", "Date", "date_key"},
    {"Enquiries by month", "month", "Date", "date_key"},
    {"Bookings by month", "month", "Date", "date_key"},
    {"Revenue by month", "month", "Date", "date_key"},
}};

// snapshot_date: "Snapshot date"
[[nodiscard]] std::string spoken(std::string name) {
    std::replace(name.begin(), name.end(), '_', ' ');
    if (!name.empty() && name[0] >= 'a' && name[0] <= 'z') {
        name[0] = static_cast<char>(name[0] - 'a' + 'A');
    }
    return name;
}

// numeric(p,s) with at most 4 decimals and 15 digits before them is exact in the model; any other is a float64.
[[nodiscard]] bool is_exact(std::string_view type) {
    int precision = 0;
    int scale = 0;
    const std::size_t comma = type.find(',');
    if (!type.starts_with("numeric(") || comma == std::string_view::npos) {
        return false;
    }
    std::from_chars(type.data() + 8, type.data() + comma, precision);
    std::from_chars(type.data() + comma + 1, type.data() + type.size(), scale);
    return scale >= 0 && scale <= 4 && precision - scale <= 15;
}

[[nodiscard]] std::string model_type(const View &view, const ViewColumn &column) {
    const std::string &type = column.type;
    if (type == "text" || type.starts_with("character")) {
        return "string";
    }
    if (type == "smallint" || type == "integer" || type == "bigint") {
        return "int64";
    }
    if (type == "boolean") {
        return "boolean";
    }
    if (type == "date" || type == "timestamp without time zone") {
        return "dateTime";
    }
    if (type.starts_with("numeric")) {
        return is_exact(type) ? "decimal" : "double";
    }
    if (type == "double precision" || type == "real") {
        return "double";
    }
    throw PermanentError(fmt::format("column \"{}\" of view \"{}\" is of type {}, which Power BI does not read",
                                     column.name, view.name, type));
}

[[nodiscard]] std::string format_of(const std::string &model_type, const ViewColumn &column) {
    if (column.type == "date") {
        return "yyyy-mm-dd";
    }
    return model_type == "dateTime" ? "yyyy-mm-dd hh:nn:ss" : model_type == "decimal" ? kMoney : "";
}

[[nodiscard]] bool contains(const std::vector<std::string> &names, const std::string &name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

void require_column(const View &view, const std::string &name) {
    if (std::none_of(view.columns.begin(), view.columns.end(), [&](const ViewColumn &c) { return c.name == name; })) {
        throw PermanentError(fmt::format("view \"{}\" has no column \"{}\"", view.name, name),
                             {"", "", "Bring the views up to date: SELECT pipeline_setup();"});
    }
}

[[nodiscard]] const View &view_of(const std::vector<View> &views, const std::string &name) {
    const auto found = std::find_if(views.begin(), views.end(), [&](const View &view) { return view.name == name; });
    if (found == views.end()) {
        throw PermanentError(fmt::format("view \"{}\" does not exist", name),
                             {"", "", "Make it: SELECT pipeline_setup();"});
    }
    return *found;
}

[[nodiscard]] Table table_of(const TablePlan &plan, const View &view) {
    Table table{.name = plan.name,
                .view = plan.view,
                .description = view.comment,
                .columns = {},
                .measures = plan.measures,
                .is_calendar = plan.is_calendar,
                .refreshed_by = plan.refreshed_by,
                .changed_by = plan.changed_by};
    for (const ViewColumn &column : view.columns) {
        const std::string type = model_type(view, column);
        table.columns.push_back({.name = spoken(column.name),
                                 .source = column.name,
                                 .type = type,
                                 .format = format_of(type, column),
                                 .description = column.comment,
                                 .sort_by = "",
                                 .hidden = contains(plan.hidden, column.name),
                                 .key = column.name == plan.key});
    }
    for (const SortOrder &order : plan.sorted) {
        require_column(view, order.by);
        for (Column &column : table.columns) {
            if (column.source == order.column) {
                column.sort_by = spoken(order.by);
            }
        }
    }
    return table;
}

}  // namespace

const std::vector<std::string> &forecast_views() {
    static const std::vector<std::string> kViews = [] {
        std::vector<std::string> names;
        for (const TablePlan &plan : plans()) {
            names.push_back(plan.view);
        }
        return names;
    }();
    return kViews;
}

Model forecast_model(const std::vector<View> &views) {
    Model model;
    for (const TablePlan &plan : plans()) {
        const View &view = view_of(views, plan.view);
        for (const std::string &column : plan.hidden) {
            require_column(view, column);
        }
        for (const Link &link : kLinks) {
            if (plan.name == link.from_table) {
                require_column(view, link.from_column);
            }
            if (plan.name == link.to_table) {
                require_column(view, link.to_column);
            }
        }
        model.tables.push_back(table_of(plan, view));
    }
    for (const Link &link : kLinks) {
        model.relationships.push_back(
            {link.from_table, spoken(link.from_column), link.to_table, spoken(link.to_column)});
    }
    return model;
}

}  // namespace poller::powerbi
