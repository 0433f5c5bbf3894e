// signflip: trains, attacks and evaluates small image classifiers. This file only lists the
// subcommands; each is a file of its own.
#include <iostream>

#include "command.h"
#include "core/memory.h"
#include "option_values.h"

namespace {

int fail(const std::string& message) {
  std::cerr << "signflip: " << message << "\n";
  return 1;
}

/// `status`, or failure where what went to stdout did not arrive: a full disk, a closed pipe.
int after_output(int status) {
  std::cout.flush();
  if (std::cout.good()) return status;
  return fail("the results cannot be written to stdout: is its disk full?");
}

}  // namespace

int main(int argc, char** argv) {
  using namespace signflip::cli;
  signflip::keep_freed_memory();
  CLI::App app{"Signflip trains, attacks and evaluates small image classifiers.", "signflip"};
  app.set_version_flag("--version", SIGNFLIP_VERSION);
  app.require_subcommand(1);
  app.footer("signflip COMMAND --help explains each command with an example.");
  Context context;
  for (int i = 0; i < argc; ++i) {
    context.command_line += i == 0 ? "signflip" : std::string(" ") + argv[i];
  }
  add_train(app, context);
  add_predict(app, context);
  add_attack(app, context);
  add_evaluate(app, context);
  add_certify(app, context);
  add_inspect(app, context);
  add_convert(app, context);
  add_report(app, context);
  add_import_gtsrb(app, context);
  check_all_values(app);
  const signflip::Status valued = check_arguments({argv, static_cast<std::size_t>(argc)});
  if (!valued) return fail(valued.error().message);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {  // CLI11 reports --help and bad options this way
    return after_output(app.exit(error));
  }
  listen_for_stop();
  const signflip::Status status = context.run();
  if (!status) return fail(status.error().message);
  return after_output(0);
}
