// All commands, each in a file of its own name.
#pragma once

namespace poller::cli {

struct CommandLine;

void add_analyze(CommandLine &line);
void add_backfill_llm(CommandLine &line);
void add_backtest(CommandLine &line);
void add_boards(CommandLine &line);
void add_cleanup_snapshots(CommandLine &line);
void add_config(CommandLine &line);
void add_history(CommandLine &line);
void add_import(CommandLine &line);
void add_keys(CommandLine &line);
void add_powerbi(CommandLine &line);
void add_push(CommandLine &line);
void add_refresh(CommandLine &line);
void add_rehydrate(CommandLine &line);
void add_run_once(CommandLine &line);
void add_serve(CommandLine &line);
void add_snapshot(CommandLine &line);
void add_status(CommandLine &line);
void add_validate(CommandLine &line);
void add_webhooks(CommandLine &line);

}  // namespace poller::cli
