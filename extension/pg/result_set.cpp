#include "pg/result_set.hpp"

namespace pipeline_forecast::pg {

ResultSet begin_result_set(FunctionCallInfo fcinfo) {
    auto *info = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    if (info == nullptr || !IsA(info, ReturnSetInfo) || (info->allowedModes & SFRM_Materialize) == 0) {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("set-returning function called in context that cannot accept a set"),
                        errhint("Call it in the FROM clause.")));
    }
    MemoryContext query_context = info->econtext->ecxt_per_query_memory;
    MemoryContext caller_context = MemoryContextSwitchTo(query_context);
    TupleDesc descriptor = nullptr;
    if (get_call_result_type(fcinfo, nullptr, &descriptor) != TYPEFUNC_COMPOSITE) {
        elog(ERROR, "set-returning function needs a composite result type");
    }
    descriptor = CreateTupleDescCopy(descriptor);
    Tuplestorestate *rows = tuplestore_begin_heap((info->allowedModes & SFRM_Materialize_Random) != 0, false, work_mem);
    info->returnMode = SFRM_Materialize;
    info->setResult = rows;
    info->setDesc = descriptor;
    MemoryContextSwitchTo(caller_context);
    return {rows, descriptor};
}

}  // namespace pipeline_forecast::pg
