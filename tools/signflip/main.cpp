// signflip: trains, attacks and evaluates small image classifiers. This file only lists the
// subcommands; each is a file of its own.
#include <exception>
#include <iostream>
#include <new>
#include <sstream>

#include "cli11.h"
#include "command.h"
#include "command_line.h"
#include "config_file.h"
#include "core/memory.h"
#include "core/visible_text.h"
#include "help.h"
#include "option_values.h"
#include "streams.h"

namespace {

using namespace signflip::cli;

/// An error in full, unless a file put an essay into it.
std::string shortened_error(const std::string& message) {
  constexpr std::size_t kMost = 2000, kEnd = 300;
  if (message.size() <= kMost) return message;
  return signflip::shortened(message, kMost - kEnd) + " " + message.substr(message.size() - kEnd);
}

int fail(const std::string& message) {
  say("signflip: " + shortened_error(message));
  return 1;
}

/// The library's errors begin with the field that is wrong; here fields are options.
std::string with_dashes(const CLI::App& app, const std::string& message) {
  const std::size_t end = message.find(" is ");
  if (end == std::string::npos) return message;
  const std::string option = "--" + message.substr(0, end);
  for (const CLI::App* const command : app.get_subcommands()) {
    if (command->get_option_no_throw(option) != nullptr) return "--" + message;
  }
  return message;
}

/// `status`, or failure where what went to stdout did not arrive.
int after_output(int status) {
  std::cout.flush();
  if (std::cout.good()) return status;
  if (reader_is_gone()) end_by_sigpipe();
  if (stdout_is_closed()) return fail("the results cannot be written to stdout: it is closed");
  return fail("the results cannot be written to stdout: is its disk full?");
}

/// What CLI11 has to say: help, the version, a bad option.
int report(const CLI::App& app, const CLI::ParseError& error) {
  std::ostringstream out, problem;
  const int status = app.exit(error, out, problem);
  print_result(out.str(), "");
  if (!problem.str().empty()) std::cerr << signflip::visible_text(problem.str(), "\n");
  return after_output(status);
}

int run(int argc, char** argv) {
  signflip::keep_freed_memory();
  CLI::App app{"Signflip trains, attacks and evaluates small image classifiers.", "signflip"};
  app.formatter(help_formatter());
  app.set_version_flag("--version", SIGNFLIP_VERSION);
  app.require_subcommand(1);
  app.footer("signflip COMMAND --help explains each command with an example.");
  const Command all(app);
  Context context;
  for (int i = 0; i < argc; ++i) {
    context.command_line += i == 0 ? "signflip" : std::string(" ") + argv[i];
  }
  add_train(all, context);
  add_predict(all, context);
  add_attack(all, context);
  add_universal(all, context);
  add_patch(all, context);
  add_saliency(all, context);
  add_evaluate(all, context);
  add_certify(all, context);
  add_inspect(all, context);
  add_convert(all, context);
  add_report(all, context);
  add_export(all, context);
  add_import(all, context);
  add_import_gtsrb(all, context);
  add_config_options(app);
  check_all_values(app);
  const std::span<const char* const> arguments(argv, static_cast<std::size_t>(argc));
  const signflip::Status valued = check_arguments(arguments);
  if (!valued) return fail(valued.error().message);
  const auto line = read_command_line(app, arguments);
  if (!line) return fail(line.error().message);
  const auto fail_with = [&](const signflip::Error& error) {
    return fail(name_file(*line, error).message);
  };
  if (line->print_config) {
    for (CLI::Option* const option : line->command->get_options()) option->required(false);
  }
  try {
    std::vector<std::string> words(line->arguments.rbegin(), line->arguments.rend());
    app.parse(words);
  } catch (const CLI::ParseError& error) {  // CLI11 reports --help and bad options this way
    if (error.get_exit_code() == 0) return report(app, error);
    return fail_with({error.what()});
  }
  if (line->print_config) {
    const auto text = config_text(*line->command);
    if (!text) return fail(text.error().message);
    print_result(*text, "");
    return after_output(0);
  }
  listen_for_stop();
  const signflip::Status status = context.run();
  if (!status) return fail_with({with_dashes(app, status.error().message)});
  return after_output(0);
}

}  // namespace

int main(int argc, char** argv) {
  if (!settle_streams()) return 1;
  // Our errors are values; these come from the standard library.
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    return fail("there is not enough memory for this");
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}
