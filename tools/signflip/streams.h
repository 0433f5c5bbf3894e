// Standard streams and signals as the tool may find them: closed, without a reader, limited in
// size.
#pragma once

namespace signflip::cli {

/// To be called once, before any file is opened. A standard stream that is closed is held by
/// /dev/null, opened so that using it fails: its number would otherwise be that of the next file,
/// and results would end in a model. A write to a pipe without a reader, or past a limit of the
/// shell (ulimit -f), is an error and not the end of the process. False where /dev/null cannot be
/// opened.
bool settle_streams();

/// Whether stdout is a pipe or socket that nobody reads any more.
bool reader_is_gone();

/// Whether stdout was closed when the tool started.
bool stdout_is_closed();

/// Ends the process by SIGPIPE, as filters end whose reader has seen enough: without a word.
[[noreturn]] void end_by_sigpipe();

}  // namespace signflip::cli
