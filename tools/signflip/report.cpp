// signflip report: results and training logs in, one HTML page or a list of remarks out.
#include "evaluate/report/report.h"

#include <algorithm>

#include "command.h"
#include "data/file.h"

namespace signflip::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string html, json;
};

Status run(const Options& options) {
  if (options.html.empty() && options.json.empty()) {
    return Error{
        "--html is missing: expected a page to write, or --json and a file for the remarks"};
  }
  for (const auto& [option, file] : {std::pair{"--html", options.html}, {"--json", options.json}}) {
    const Status writable = check_output(option, file);
    if (!writable) return writable;
  }
  report::ReportInput input;
  std::vector<std::string> seen;  // checksums: a pattern may name a file twice
  for (const std::string& file : options.files) {
    std::error_code ignored;
    for (const auto& [option, output] :
         {std::pair{"--html", options.html}, {"--json", options.json}}) {
      if (!std::filesystem::equivalent(file, output, ignored)) continue;
      return Error{option + (" is " + output) + ", which is also a file to read"};
    }
    const auto bytes = read_file(file);
    if (!bytes) return bytes.error();
    const std::string checksum = sha256_hex(*bytes);
    if (std::ranges::find(seen, checksum) != seen.end()) {
      say(file + " is the same as an earlier file, and left out");
      continue;
    }
    seen.push_back(checksum);
    const Status read = report::read_input(
        {reinterpret_cast<const char*>(bytes->data()), bytes->size()}, file, input);
    if (!read) return read;
  }
  const Status remarked =
      options.json.empty()
          ? Status()
          : write_json(options.json, report::remarks_as_json(input, SIGNFLIP_VERSION));
  if (!remarked || options.html.empty()) return remarked;
  const std::string page = report::render(input, SIGNFLIP_VERSION);
  if (options.html == "-") {
    std::cout << page << std::flush;
    return {};
  }
  const Status written = write_file_atomically(
      options.html, {reinterpret_cast<const std::uint8_t*>(page.data()), page.size()});
  if (!written) return written;
  print_result("wrote " + options.html + "\n", options.json);
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
  command->add_option("--html", options->html, "page to write; - is stdout");
  command->add_option("--json", options->json,
                      "write the page's remarks on the figures to this file; - is stdout");
  command->callback([options, &context] { context.run = [options] { return run(*options); }; });
}

}  // namespace signflip::cli
