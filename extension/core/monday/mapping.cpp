#include "core/monday/mapping.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "core/decode.hpp"
#include "core/monday/board_config.hpp"
#include "core/monday/column.hpp"
#include "core/recognition/field_titles.hpp"
#include "core/recognition/folded_text.hpp"
#include "core/recognition/stage_words.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::monday {
namespace {

struct OtherTitle {
    std::string_view title;
    std::string_view field;
};

// What teams call the fields of quotes, beside what is called alike of projects.
constexpr std::array kQuoteTitles{
    OtherTitle{"hidden item", "hidden_item_id"},
    OtherTitle{"quote", "hidden_item_id"},
    OtherTitle{"reason", "reason_for_change"},
    OtherTitle{"volume", "volume_m3"},
    OtherTitle{"wastage", "wastage_percent"},
    OtherTitle{"design completed", "date_design_completed"},
    OtherTitle{"design date", "date_design_completed"},
    OtherTitle{"invoice number", "invoice_number"},
    OtherTitle{"rechnungsnummer", "invoice_number"},
    OtherTitle{"numéro de facture", "invoice_number"},
    OtherTitle{"número de factura", "invoice_number"},
    OtherTitle{"factuurnummer", "invoice_number"},
    OtherTitle{"numer faktury", "invoice_number"},
    OtherTitle{"מספר חשבונית", "invoice_number"},
    OtherTitle{"material", "material_value"},
    OtherTitle{"materialwert", "material_value"},
    OtherTitle{"transport", "transport_cost"},
    OtherTitle{"transportkosten", "transport_cost"},
    OtherTitle{"supplier", "supplier1"},
    OtherTitle{"lieferant", "supplier1"},
    OtherTitle{"fournisseur", "supplier1"},
    OtherTitle{"leverancier", "supplier1"},
    OtherTitle{"fläche", "area"},
    OtherTitle{"surface", "area"},
};

// What a field of a project is of one of its quotes.
constexpr std::array kQuoteFields{
    OtherTitle{"pipeline_stage", "status"},
    OtherTitle{"new_enquiry_value", "quote_amount"},
    OtherTitle{"total_order_value", "cust_order_value_material"},
    OtherTitle{"total_amount_invoiced", "amount_invoiced"},
    OtherTitle{"date_created", "date_received"},
    OtherTitle{"first_date_designed", "date_quoted"},
    OtherTitle{"first_date_invoiced", "invoice_date"},
    OtherTitle{"account", "account"},
    OtherTitle{"product_type", "product_type"},
    OtherTitle{"project_name", "project_name"},
    OtherTitle{"date_order_received", "date_order_received"},
};

std::string key_of(std::string_view title) { return joined(folded_words(title)); }

bool is_derived(const Field &field) { return field.origin == Origin::kDerived || field.origin == Origin::kDefault; }

// What all samples of a column that may hold anything are.
Content content_of_samples(const TitledColumn &column) {
    const Content by_kind = content_of_kind(column.kind);
    if (by_kind != Content::kUnknown || column.samples.empty()) return by_kind;
    if (std::ranges::all_of(column.samples,
                            [](const std::string &text) { return decode_day(text).value.has_value(); })) {
        return Content::kDay;
    }
    const auto is_number = [](const std::string &text) {
        return decode_number(text).value.has_value() || decode_number(text, ',').value.has_value();
    };
    const auto numbers = std::ranges::count_if(column.samples, is_number);
    if (numbers == std::ssize(column.samples)) return Content::kNumber;
    return numbers == 0 ? Content::kWords : Content::kUnknown;
}

// A column that may be mapped to a field, and how well; the least is the best.
struct Possibility {
    const Field *field;
    int rank;
    std::string reason;
};

class Mapping {
public:
    Mapping(const std::vector<TitledColumn> &columns, Role role) : role_(role) {
        for (const Field &field : fields_of(role)) names_.emplace(key_of(field.name), &field);
        for (const OtherTitle &each : kQuoteTitles) quote_titles_.emplace(key_of(each.title), each.field);
        for (const TitledColumn &column : columns) {
            proposals_.push_back({.column = &column});
            const std::string key = key_of(column.title);
            has_reasons_ = has_reasons_ || key == key_of("reason for change") || key == key_of("reason");
        }
    }

    std::vector<Proposal> make() {
        struct Entry {
            Proposal *proposal;
            Possibility possibility;
            std::size_t outcomes;
        };
        std::vector<Entry> entries;
        for (Proposal &proposal : proposals_) {
            if (!is_known_kind(proposal.column->kind)) {
                proposal.reason = "columns of kind " + proposal.column->kind + " are not read";
                continue;
            }
            for (Possibility &each : possibilities(*proposal.column)) {
                const bool is_stage = each.field->name == "pipeline_stage";
                const std::size_t outcomes = is_stage ? count_of_outcomes(proposal.column->labels) : 0;
                entries.push_back({&proposal, std::move(each), outcomes});
            }
        }
        // Of columns with titles alike: the one whose labels are stages, then the one that more items fill.
        std::ranges::stable_sort(entries, {}, [](const Entry &each) {
            return std::tuple(each.possibility.rank, -static_cast<std::ptrdiff_t>(each.outcomes),
                              -std::ssize(each.proposal->column->samples));
        });
        for (Entry &each : entries) propose(*each.proposal, each.possibility);
        if (role_ == Role::kSubitem) propose_only_connection();
        if (role_ == Role::kParent) propose_stages_by_labels();
        for (Proposal &proposal : proposals_) {
            if (proposal.reason.empty()) proposal.reason = "no field has such a title";
        }
        return std::move(proposals_);
    }

private:
    // What the title says, and where nothing fits, why what it says is refused.
    [[nodiscard]] std::vector<Possibility> possibilities(const TitledColumn &column) const {
        std::vector<Possibility> found;
        const std::string key = key_of(column.title);
        const auto own = names_.find(key);
        const bool is_known = own != names_.end();
        // To a team with one board it is what a project is worth; only beside such a column it is the sum of quotes.
        const bool is_own_name = is_known && own->second->name != "project_value";
        if (is_own_name) found.push_back({own->second, 0, "title"});
        if (column.is_link) add(found, kRelationField, 0, "the connection to the quotes");
        if (role_ != Role::kParent) {
            for (const std::string &each : title_keys(column.title)) {
                if (const auto title = quote_titles_.find(each); title != quote_titles_.end()) {
                    add(found, title->second, 1, "similar title");
                }
            }
        }
        const Content content = content_of_samples(column);
        std::vector<FieldCandidate> candidates = recognise_field(column.title, content);
        if (candidates.empty()) candidates = recognise_field(column.title, Content::kUnknown);
        for (const FieldCandidate &each : candidates) {
            const int rank = std::max(1, static_cast<int>(each.rank));
            const std::string reason = rank == 1 ? "similar title" : std::string(to_string(each.rank));
            if (role_ == Role::kParent) {
                add(found, each.field, rank, reason);
            } else {
                // Without a reason every quote is a new enquiry.
                if (!has_reasons_ && each.field == "new_enquiry_value") add(found, each.field, rank, reason);
                const auto of_quote = std::ranges::find(kQuoteFields, each.field, &OtherTitle::title);
                if (of_quote != kQuoteFields.end()) add(found, of_quote->field, rank, reason);
            }
        }
        return found;
    }

    void add(std::vector<Possibility> &found, std::string_view name, int rank, std::string reason) const {
        const Field *field = find_field(role_, name);
        if (field == nullptr || std::ranges::find(found, field, &Possibility::field) != found.end()) return;
        found.push_back({field, rank, std::move(reason)});
    }

    void propose(Proposal &proposal, const Possibility &possibility) {
        if (proposal.field != nullptr) return;
        const Field &field = *possibility.field;
        const std::string refusal = refusal_of(field, *proposal.column);
        if (!refusal.empty()) {
            if (proposal.reason.empty()) proposal.reason = refusal;
            return;
        }
        proposal.field = &field;
        proposal.reason = possibility.reason;
    }

    // Why the column cannot hold the field; empty if it can.
    [[nodiscard]] std::string refusal_of(const Field &field, const TitledColumn &column) const {
        const std::string name(field.name);
        const std::string &kind = column.kind;
        if (const Proposal *other = holder(field)) {
            return "field " + name + " is proposed for column " + other->column->column_id;
        }
        const Content content = content_of_kind(kind);
        const bool is_text = field.kind == FieldKind::kText && field.name != "pipeline_stage";
        const bool holds = content == Content::kUnknown || is_text || can_hold(field.kind, content);
        if (!fits(field, kind) || !holds) return "a column of kind " + kind + " cannot hold field " + name;
        if (is_derived(field) && may_be_unreadable(kind) && !is_mirror_of_its_own(field, column)) {
            return "field " + name + " is derived; a " + kind + " is better not read";
        }
        return refusal_of_samples(field, column);
    }

    [[nodiscard]] static std::string refusal_of_samples(const Field &field, const TitledColumn &column) {
        const std::string name(field.name);
        const Content content = content_of_samples(column);
        if (content_of_kind(column.kind) == Content::kUnknown && content != Content::kUnknown &&
            (field.kind != FieldKind::kText || field.name == "pipeline_stage") && !can_hold(field.kind, content)) {
            const std::string_view values = content == Content::kDay      ? "days"
                                            : content == Content::kNumber ? "numbers"
                                                                          : "words";
            return "its values are " + std::string(values) + ", which field " + name + " cannot hold";
        }
        if (field.kind != FieldKind::kPercent) return {};
        bool has_fraction = false;
        bool has_more = false;
        for (const std::string &sample : column.samples) {
            const Decoded<std::string> number = decode_number(sample);
            if (!number.value || number.value->starts_with('-')) continue;
            const double value = std::stod(*number.value);
            if (value > 100) return "its values go beyond 100, and field " + name + " is in percent";
            has_fraction = has_fraction || (value > 0 && value < 1);
            has_more = has_more || value > 1;
        }
        if (has_fraction && !has_more) {
            return "its values are shares of 1, and field " + name + " is read in percent: multiply them by 100";
        }
        return {};
    }

    // A text of a connected item that nothing else tells: the API shows it, unlike a formula over it.
    [[nodiscard]] bool is_mirror_of_its_own(const Field &field, const TitledColumn &column) const {
        return role_ == Role::kParent && column.kind == "mirror" && !column.shows_subitems && !column.samples.empty() &&
               field.kind == FieldKind::kText;
    }

    void propose_only_connection() {
        const auto is_connection = [](const Proposal &each) { return each.column->kind == "board_relation"; };
        const Field *relation = find_field(role_, kRelationField);
        if (holder(*relation) == nullptr && std::ranges::count_if(proposals_, is_connection) == 1) {
            Proposal &only = *std::ranges::find_if(proposals_, is_connection);
            if (only.field != nullptr) return;
            only.field = relation;
            only.reason = "the only connection";
        }
    }

    // A board may call its stages as it likes; won and lost are said in words all the same.
    void propose_stages_by_labels() {
        const Field *stage = find_field(role_, "pipeline_stage");
        if (holder(*stage) != nullptr) return;
        Proposal *best = nullptr;
        std::size_t most = 1;
        for (Proposal &proposal : proposals_) {
            const std::size_t outcomes = count_of_outcomes(proposal.column->labels);
            if (proposal.column->kind != "status" || proposal.field != nullptr || outcomes <= most) continue;
            best = &proposal;
            most = outcomes;
        }
        if (best == nullptr) return;
        best->field = stage;
        best->reason = "its labels are stages";
    }

    [[nodiscard]] const Proposal *holder(const Field &field) const {
        const auto found = std::ranges::find(proposals_, &field, &Proposal::field);
        return found == proposals_.end() ? nullptr : &*found;
    }

    Role role_;
    bool has_reasons_ = false;
    std::map<std::string, const Field *> names_;
    std::map<std::string, std::string_view> quote_titles_;
    std::vector<Proposal> proposals_;
};

}  // namespace

std::size_t count_of_outcomes(const std::vector<std::string> &labels) {
    return static_cast<std::size_t>(std::ranges::count_if(labels, [](const std::string &label) {
        const std::optional<StageProposal> stage = recognise_stage(label);
        return stage && stage->outcome != StageOutcome::kOpen;
    }));
}

std::vector<Proposal> propose_mapping(const std::vector<TitledColumn> &columns, Role role) {
    return Mapping(columns, role).make();
}

}  // namespace pipeline_forecast::monday
