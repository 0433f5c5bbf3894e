// signflip import-gtsrb: GTSRB's official folders → one folder of IDX files.

#include "command.h"
#include "core/concat.h"
#include "data/gtsrb.h"

namespace signflip::cli {
namespace {

struct ImportGtsrbOptions {
  std::string source, destination, crop = "none";
  int size = 32;
};

Status run(const ImportGtsrbOptions& options) {
  const GtsrbCrop crop = options.crop == "roi" ? GtsrbCrop::roi : GtsrbCrop::none;
  ProgressBar bar("importing", "images");
  const auto imported =
      import_gtsrb(options.source, options.destination, options.size, crop, bar.callback());
  bar.finish();
  if (!imported) return imported.error();
  const auto [train, test] = *imported;
  std::string text =
      concat("wrote ", options.destination, ": ", train, " training and ", test, " test images");
  if (train == 0 || test == 0) {
    text += concat("; ", options.source, " has no ", train == 0 ? "training" : "test", " part");
  }
  print_result(text + "\n", "");
  return {};
}

}  // namespace

void add_import_gtsrb(const Command& app, Context& context) {
  auto options = std::make_shared<ImportGtsrbOptions>();
  const Command command =
      app.add_command("import-gtsrb", "Turn GTSRB's official folders into one folder of IDX files",
                      "signflip import-gtsrb GTSRB data/gtsrb --size 32 --crop none\n"
                      "  signflip import-gtsrb GTSRB data/gtsrb-boxes --size 48 --crop roi");
  command.add_option("source", options->source, "folder with Final_Training (and Final_Test)")
      .required();
  command.add_option("destination", options->destination, "folder to write; new or empty")
      .required();
  command.add_option("--size", options->size, "width and height in pixels")
      .between(1, 256)
      .shows_default();
  command.add_option("--crop", options->crop, "keep the whole picture or the sign's box")
      .one_of({"none", "roi"})
      .shows_default();
  command.when_given([options, &context] { context.run = [options] { return run(*options); }; });
}

}  // namespace signflip::cli
