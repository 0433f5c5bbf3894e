// signflip report: results and training logs in, one HTML page out.
#include "evaluate/report/report.h"

#include <algorithm>

#include "command.h"
#include "data/file.h"

namespace signflip::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string html;
};

Status run(const Options& options) {
  const Status writable = check_output("--html", options.html);
  if (!writable) return writable;
  report::ReportInput input;
  std::vector<std::string> seen;  // checksums: a pattern may name a file twice
  for (const std::string& file : options.files) {
    std::error_code ignored;
    if (std::filesystem::equivalent(file, options.html, ignored)) {
      return Error{"--html is " + options.html + ", which is also a file to read"};
    }
    const auto bytes = read_file(file);
    if (!bytes) return bytes.error();
    const std::string checksum = sha256_hex(*bytes);
    if (std::ranges::find(seen, checksum) != seen.end()) {
      std::cerr << file << " is the same as an earlier file, and left out\n";
      continue;
    }
    seen.push_back(checksum);
    const Status read = report::read_input(
        {reinterpret_cast<const char*>(bytes->data()), bytes->size()}, file, input);
    if (!read) return read;
  }
  const std::string page = report::render(input, SIGNFLIP_VERSION);
  if (options.html == "-") {
    std::cout << page << std::flush;
    return {};
  }
  const Status written = write_file_atomically(
      options.html, {reinterpret_cast<const std::uint8_t*>(page.data()), page.size()});
  if (!written) return written;
  std::cout << "wrote " << options.html << "\n";
  return {};
}

}  // namespace

void add_report(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* const command = add_command(
      app, "report", "One HTML page from results and training logs, with tables and plots",
      "signflip report standard.json mixed.json mixed.jsonl --html report.html");
  command
      ->add_option("files", options->files,
                   "what evaluate, attack and certify wrote with --json, and train with --log")
      ->required();
  command->add_option("--html", options->html, "page to write; - is stdout")->required();
  command->callback([options, &context] { context.run = [options] { return run(*options); }; });
}

}  // namespace signflip::cli
