#include "core/monday/mapping.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "core/monday/board_config.hpp"
#include "core/monday/column.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::monday {
namespace {

struct OtherTitle {
    Role role;
    std::string_view title;
    std::string_view field;
};

// What teams call the fields, beside their names.
constexpr std::array kOtherTitles{
    OtherTitle{Role::kParent, "project", "project_name"},
    OtherTitle{Role::kParent, "stage", "pipeline_stage"},
    OtherTitle{Role::kParent, "deal_stage", "pipeline_stage"},
    OtherTitle{Role::kParent, "project_stage", "pipeline_stage"},
    OtherTitle{Role::kParent, "status", "pipeline_stage"},
    OtherTitle{Role::kParent, "project_type", "type"},
    OtherTitle{Role::kParent, "zip", "zip_code"},
    OtherTitle{Role::kParent, "postcode", "zip_code"},
    OtherTitle{Role::kParent, "postal_code", "zip_code"},
    OtherTitle{Role::kParent, "sales_rep", "sales_representative"},
    OtherTitle{Role::kParent, "owner", "sales_representative"},
    OtherTitle{Role::kParent, "lost_to", "lost_to_who_or_why"},
    OtherTitle{Role::kParent, "lost_reason", "lost_to_who_or_why"},
    OtherTitle{Role::kParent, "created", "date_created"},
    OtherTitle{Role::kParent, "creation_date", "date_created"},
    OtherTitle{Role::kParent, "creation_log", "date_created"},
    OtherTitle{Role::kParent, "expected_start", "expected_start_date"},
    OtherTitle{Role::kParent, "start_date", "expected_start_date"},
    OtherTitle{Role::kParent, "follow_up", "follow_up_date"},
    OtherTitle{Role::kParent, "next_follow_up", "follow_up_date"},
    OtherTitle{Role::kParent, "probability", "probability_percent"},
    OtherTitle{Role::kParent, "win_probability", "probability_percent"},
    OtherTitle{Role::kParent, "customer", "account"},
    OtherTitle{Role::kParent, "client", "account"},
    OtherTitle{Role::kParent, "product", "product_type"},
    OtherTitle{Role::kParent, "enquiry_value", "new_enquiry_value"},
    OtherTitle{Role::kParent, "deal_value", "new_enquiry_value"},
    OtherTitle{Role::kParent, "order_value", "total_order_value"},
    OtherTitle{Role::kParent, "order_date", "date_order_received"},
    OtherTitle{Role::kSubitem, "hidden_item", "hidden_item_id"},
    OtherTitle{Role::kSubitem, "quote", "hidden_item_id"},
    OtherTitle{Role::kHidden, "project", "project_name"},
    OtherTitle{Role::kHidden, "customer", "account"},
    OtherTitle{Role::kHidden, "client", "account"},
    OtherTitle{Role::kHidden, "product", "product_type"},
    OtherTitle{Role::kHidden, "reason", "reason_for_change"},
    OtherTitle{Role::kHidden, "volume", "volume_m3"},
    OtherTitle{Role::kHidden, "wastage", "wastage_percent"},
    OtherTitle{Role::kHidden, "design_completed", "date_design_completed"},
    OtherTitle{Role::kHidden, "order_date", "date_order_received"},
    OtherTitle{Role::kHidden, "date_invoiced", "invoice_date"},
    OtherTitle{Role::kHidden, "invoice_amount", "amount_invoiced"},
    OtherTitle{Role::kHidden, "material", "material_value"},
    OtherTitle{Role::kHidden, "transport", "transport_cost"},
    OtherTitle{Role::kHidden, "order_value", "cust_order_value_material"},
    OtherTitle{Role::kHidden, "supplier", "supplier1"},
};

// "Probability %" -> "probability": letters and digits in lower case, anything between them one underscore.
std::string as_name(std::string_view title) {
    std::string name;
    bool separated = false;
    for (const char character : title) {
        const auto byte = static_cast<unsigned char>(character);
        if (byte < 0x80 && std::isalnum(byte) == 0) {
            separated = true;
            continue;
        }
        if (separated && !name.empty()) name += '_';
        separated = false;
        name += static_cast<char>(std::tolower(byte));
    }
    return name;
}

const Field *field_of_other_title(Role role, const std::string &name) {
    const auto found = std::ranges::find_if(
        kOtherTitles, [&](const OtherTitle &other) { return other.role == role && other.title == name; });
    return found == kOtherTitles.end() ? nullptr : find_field(role, found->field);
}

bool is_derived(const Field &field) { return field.origin == Origin::kDerived || field.origin == Origin::kDefault; }

class Mapping {
public:
    Mapping(const std::vector<TitledColumn> &columns, Role role) : role_(role) {
        for (const TitledColumn &column : columns) proposals_.push_back({.column = &column});
    }

    std::vector<Proposal> make() {
        for (Proposal &proposal : proposals_) {
            if (!is_known_kind(proposal.column->kind)) {
                proposal.reason = "columns of kind " + proposal.column->kind + " are not read";
            }
        }
        // The very name of a field first, whatever the order of the columns.
        for (Proposal &proposal : proposals_) {
            propose(proposal, find_field(role_, as_name(proposal.column->title)), "title");
        }
        for (Proposal &proposal : proposals_) {
            propose(proposal, field_of_other_title(role_, as_name(proposal.column->title)), "similar title");
        }
        if (role_ == Role::kSubitem) propose_only_connection();
        for (Proposal &proposal : proposals_) {
            if (proposal.reason.empty()) proposal.reason = "no field has such a title";
        }
        return std::move(proposals_);
    }

private:
    void propose(Proposal &proposal, const Field *field, std::string reason) {
        if (field == nullptr || !proposal.reason.empty()) return;
        const std::string name(field->name);
        if (const Proposal *other = holder(*field)) {
            proposal.reason = "field " + name + " is proposed for column " + other->column->column_id;
        } else if (!fits(*field, proposal.column->kind)) {
            proposal.reason = "a column of kind " + proposal.column->kind + " cannot hold field " + name;
        } else if (is_derived(*field) && may_be_unreadable(proposal.column->kind)) {
            proposal.reason = "field " + name + " is derived; a " + proposal.column->kind + " is better not read";
        } else {
            proposal.field = field;
            proposal.reason = std::move(reason);
        }
    }

    void propose_only_connection() {
        const auto is_connection = [](const Proposal &each) { return each.column->kind == "board_relation"; };
        const Field *relation = find_field(role_, kRelationField);
        if (holder(*relation) == nullptr && std::ranges::count_if(proposals_, is_connection) == 1) {
            Proposal &only = *std::ranges::find_if(proposals_, is_connection);
            only.field = relation;
            only.reason = "the only connection";
        }
    }

    [[nodiscard]] const Proposal *holder(const Field &field) const {
        const auto found = std::ranges::find(proposals_, &field, &Proposal::field);
        return found == proposals_.end() ? nullptr : &*found;
    }

    Role role_;
    std::vector<Proposal> proposals_;
};

}  // namespace

std::vector<Proposal> propose_mapping(const std::vector<TitledColumn> &columns, Role role) {
    return Mapping(columns, role).make();
}

}  // namespace pipeline_forecast::monday
