// SQL shells of the digest: aggregates that pack projects into a piece, and pieces into one.
#include "pg/guard.hpp"

#include <memory>

#include "core/analysis/digest.hpp"
#include "pg/arguments.hpp"

namespace {

using namespace pipeline_forecast;
using analysis::DigestBuilder;
using analysis::DigestPiece;
using analysis::ProjectRow;

// The state of an aggregate. It grows by itself, outside of the server's memory, and goes when its context does.
DigestBuilder *builder(FunctionCallInfo fcinfo) {
    MemoryContext context = nullptr;
    if (AggCheckCallContext(fcinfo, &context) == 0) {
        ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("function is part of an aggregate"),
                        errhint("Use the aggregates digest_projects and digest_pieces.")));
    }
    if (!PG_ARGISNULL(0)) return reinterpret_cast<DigestBuilder *>(PG_GETARG_POINTER(0));
    auto *callback = static_cast<MemoryContextCallback *>(MemoryContextAlloc(context, sizeof(MemoryContextCallback)));
    auto *made = std::construct_at(static_cast<DigestBuilder *>(MemoryContextAlloc(context, sizeof(DigestBuilder))));
    callback->func = [](void *state) { std::destroy_at(static_cast<DigestBuilder *>(state)); };
    callback->arg = made;
    MemoryContextRegisterResetCallback(context, callback);
    return made;
}

std::string_view text_or_empty(FunctionCallInfo fcinfo, int index) {
    return PG_ARGISNULL(index) ? std::string_view{} : pg::text_argument(fcinfo, index);
}

bool is_addition(FunctionCallInfo fcinfo) { return PG_GETARG_INT32(1) > 0; }

}  // namespace

// state, sign, account, type, category, product_type, stage, new_enquiry_value, gestation_period, date_created
PIPELINE_FUNCTION(pipeline_digest_project) {
    DigestBuilder *digest = builder(fcinfo);
    ProjectRow project{.account = text_or_empty(fcinfo, 2),
                       .type = text_or_empty(fcinfo, 3),
                       .category = text_or_empty(fcinfo, 4),
                       .product_type = text_or_empty(fcinfo, 5),
                       .gestation_period = pg::integer_argument(fcinfo, 8),
                       .date_created = pg::day_argument(fcinfo, 9)};
    const std::string_view stage = text_or_empty(fcinfo, 6);
    if (!PG_ARGISNULL(7)) project.new_enquiry_value = pg::known_money(PG_GETARG_DATUM(7));
    if (is_addition(fcinfo)) {
        digest->add(project, stage);
    } else {
        digest->remove(project, stage);
    }
    PG_RETURN_POINTER(digest);
}

// state, sign, packed
PIPELINE_FUNCTION(pipeline_digest_piece) {
    DigestBuilder *digest = builder(fcinfo);
    if (PG_ARGISNULL(2)) PG_RETURN_POINTER(digest);
    const DigestPiece piece(pg::text_argument(fcinfo, 2));
    if (is_addition(fcinfo)) {
        digest->add(piece);
    } else {
        digest->subtract(piece);
    }
    PG_RETURN_POINTER(digest);
}

// state -> bytea; NULL where nothing is left of the sum
PIPELINE_FUNCTION(pipeline_digest_final) {
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    const std::string packed = std::move(*builder(fcinfo)).pack();
    if (packed.empty()) PG_RETURN_NULL();
    return pg::pg_call([&] { return pg::text_datum(packed); });
}
