// signflip: trains, attacks and evaluates small image classifiers. This file only lists the
// subcommands; each is a file of its own.
#include <iostream>

#include "command.h"
#include "core/memory.h"

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
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {  // CLI11 reports --help and bad options this way
    return app.exit(error);
  }
  listen_for_stop();
  const signflip::Status status = context.run();
  if (!status) {
    std::cerr << "signflip: " << status.error().message << "\n";
    return 1;
  }
  return 0;
}
