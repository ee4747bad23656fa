#include "core/monday/field.hpp"

#include <algorithm>
#include <array>

#include "core/input_error.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast::monday {
namespace {

struct RoleName {
    Role role;
    std::string_view name;
};

constexpr std::array kRoles{RoleName{Role::kParent, "parent"}, RoleName{Role::kSubitem, "subitem"},
                            RoleName{Role::kHidden, "hidden"}};

std::vector<Field> parent_fields() {
    return {
        {"project_name", FieldKind::kText, Origin::kDefault},
        {"pipeline_stage", FieldKind::kText},
        {"type", FieldKind::kText},
        {"category", FieldKind::kText},
        {"zip_code", FieldKind::kText},
        {"sales_representative", FieldKind::kText},
        {"funding", FieldKind::kText},
        {"feedback", FieldKind::kText},
        {"lost_to_who_or_why", FieldKind::kText},
        {"date_created", FieldKind::kDay},
        {"expected_start_date", FieldKind::kDay},
        {"follow_up_date", FieldKind::kDay},
        {"probability_percent", FieldKind::kPercent},
        {"account", FieldKind::kText, Origin::kDerived},
        {"product_type", FieldKind::kText, Origin::kDerived},
        {"new_enquiry_value", FieldKind::kMoney, Origin::kDerived},
        {"project_value", FieldKind::kMoney, Origin::kDerived},
        {"weighted_pipeline", FieldKind::kMoney, Origin::kDerived},
        {"total_order_value", FieldKind::kMoney, Origin::kDerived},
        {"total_amount_invoiced", FieldKind::kMoney, Origin::kDerived},
        {"date_order_received", FieldKind::kDay, Origin::kDerived},
        {"first_date_designed", FieldKind::kDay, Origin::kDerived},
        {"last_date_designed", FieldKind::kDay, Origin::kDerived},
        {"first_date_invoiced", FieldKind::kDay, Origin::kDerived},
        {"last_date_invoiced", FieldKind::kDay, Origin::kDerived},
        {"gestation_period", FieldKind::kGestation, Origin::kDerived},
        {"expected_gestation_days", FieldKind::kNumber, Origin::kWritten},
        {"expected_conversion_rate", FieldKind::kNumber, Origin::kWritten},
        {"rating_score", FieldKind::kNumber, Origin::kWritten},
    };
}

std::vector<Field> hidden_fields() {
    return {
        {"status", FieldKind::kText},
        {"prefix", FieldKind::kText},
        {"revision", FieldKind::kText},
        {"project_name", FieldKind::kText},
        {"account", FieldKind::kText},
        {"product_type", FieldKind::kText},
        {"reason_for_change", FieldKind::kText},
        {"designer", FieldKind::kText},
        {"surveyor", FieldKind::kText},
        {"area", FieldKind::kNumber},
        {"fall", FieldKind::kText},
        {"deck_type", FieldKind::kText},
        {"layering", FieldKind::kText},
        {"u_value", FieldKind::kNumber},
        {"min_thickness", FieldKind::kNumber},
        {"max_thickness", FieldKind::kNumber},
        {"volume_m3", FieldKind::kNumber},
        {"wastage_percent", FieldKind::kNumber},
        {"approx_bonding", FieldKind::kText},
        {"date_received", FieldKind::kDay},
        {"date_design_completed", FieldKind::kDay},
        {"date_quoted", FieldKind::kDay},
        {"date_order_received", FieldKind::kDay},
        {"date_project_won", FieldKind::kDay},
        {"date_project_closed", FieldKind::kDay},
        {"requested_delivery_date", FieldKind::kDay},
        {"final_delivery_date", FieldKind::kDay},
        {"invoice_date", FieldKind::kDay},
        {"invoice_number", FieldKind::kText},
        {"amount_invoiced", FieldKind::kMoney},
        {"quote_amount", FieldKind::kMoney, Origin::kDerived},
        {"m2_rate", FieldKind::kMoney, Origin::kDerived},
        {"material_value", FieldKind::kMoney},
        {"transport_cost", FieldKind::kMoney},
        {"tp_margin", FieldKind::kNumber},
        {"distributor_margin", FieldKind::kNumber},
        {"commission", FieldKind::kNumber},
        {"target_gpm", FieldKind::kNumber},
        {"time_taken", FieldKind::kNumber},
        {"cust_order_value_material", FieldKind::kMoney},
        {"order_status", FieldKind::kText},
        {"customer_po", FieldKind::kText},
        {"supplier1", FieldKind::kText},
        {"supplier2", FieldKind::kText},
        {"delivery_address", FieldKind::kText},
        {"urgency", FieldKind::kText},
        {"project_attachments", FieldKind::kText},
        {"account_id", FieldKind::kText},
        {"contact_id", FieldKind::kText},
    };
}

// A subitem shows the fields of its hidden item, unless its own board has a column for them.
std::vector<Field> subitem_fields() {
    std::vector<Field> fields = hidden_fields();
    for (Field &field : fields) field.origin = Origin::kDerived;
    fields.push_back({"new_enquiry_value", FieldKind::kMoney, Origin::kDerived});
    fields.push_back({kRelationField, FieldKind::kText});
    return fields;
}

}  // namespace

std::optional<Role> parse_role(std::string_view name) noexcept {
    const auto found = std::ranges::find(kRoles, name, &RoleName::name);
    return found == kRoles.end() ? std::nullopt : std::optional(found->role);
}

Role require_role(std::string_view name) {
    const std::optional<Role> role = parse_role(name);
    if (!role) {
        throw InputError(kInvalidParameter, "unknown role \"" + std::string(name) + "\"",
                         "Roles are parent, subitem and hidden.");
    }
    return *role;
}

std::string_view to_string(Role role) noexcept { return kRoles[static_cast<std::size_t>(role)].name; }

const std::vector<Field> &fields_of(Role role) {
    static const std::array<std::vector<Field>, 3> fields{parent_fields(), subitem_fields(), hidden_fields()};
    return fields[static_cast<std::size_t>(role)];
}

const Field *find_field(Role role, std::string_view name) {
    const auto found = std::ranges::find(fields_of(role), name, &Field::name);
    return found == fields_of(role).end() ? nullptr : &*found;
}

}  // namespace pipeline_forecast::monday
