// signflip report: results and training logs in; out come one HTML page, a list of remarks,
// pictures and tables.
#include "evaluate/report/report.h"

#include <algorithm>
#include <iostream>

#include "command.h"
#include "data/file.h"
#include "evaluate/report/figures.h"
#include "evaluate/report/tables_csv.h"
#include "outputs.h"

namespace signflip::cli {
namespace {

struct ReportOptions {
  std::vector<std::string> files;
  std::string html, json, svg, png, csv;

  /// "-" where the page or the remarks go to stdout, which then has nothing else.
  const std::string& on_stdout() const { return html == "-" ? html : json; }
};

using Bytes = std::vector<std::uint8_t>;

Bytes bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

/// Writes what `files` names into a folder; says how many there are.
Status write_all(const std::string& folder, const std::vector<std::pair<std::string, Bytes>>& files,
                 const ReportOptions& options) {
  for (const auto& [name, bytes] : files) {
    const Status written =
        write_file_atomically((std::filesystem::path(folder) / name).string(), bytes);
    if (!written) return written;
    print_result("wrote " + (std::filesystem::path(folder) / name).string() + "\n",
                 options.on_stdout());
  }
  return {};
}

/// Every plot as a file of its own, SVG or PNG as the option says; nothing where it was not given.
Status write_figures(const report::ReportInput& input, const std::string& format,
                     const std::string& folder, const ReportOptions& options) {
  if (folder.empty()) return {};
  std::vector<std::pair<std::string, Bytes>> files;
  for (const report::Figure& figure : report::figures(input)) {
    files.emplace_back(figure.name + "." + format, format == "png"
                                                       ? report::plot_png(figure.plot)
                                                       : bytes_of(report::plot_svg(figure.plot)));
  }
  if (files.empty()) {
    return Error{"--" + format + " is " + folder +
                 ", but there is nothing to plot: expected several --epsilon, or a training log"};
  }
  return write_all(folder, files, options);
}

Status write_tables(const report::ReportInput& input, const ReportOptions& options) {
  bool results = false, certificates = false;
  for (const report::Measurement& file : input.measurements) {
    results = results || !file.results.empty();
    certificates = certificates || !file.certificates.empty();
  }
  std::vector<std::pair<std::string, Bytes>> files;
  if (results) files.emplace_back("results.csv", bytes_of(report::results_csv(input)));
  if (results) files.emplace_back("classes.csv", bytes_of(report::classes_csv(input)));
  if (certificates)
    files.emplace_back("certificates.csv", bytes_of(report::certificates_csv(input)));
  if (!input.runs.empty())
    files.emplace_back("training.csv", bytes_of(report::training_csv(input)));
  return write_all(options.csv, files, options);
}

Result<report::ReportInput> read_files(const std::vector<std::string>& files) {
  report::ReportInput input;
  std::vector<std::string> seen;  // checksums: a pattern may name a file twice
  for (const std::string& file : files) {
    const auto bytes = read_file(file, kMaxTableBytes);
    if (!bytes) return bytes.error();
    const std::string checksum = sha256_hex(*bytes);
    if (std::ranges::find(seen, checksum) != seen.end()) {
      say(file + " is the same as an earlier file, and left out");
      continue;
    }
    seen.push_back(checksum);
    const Status read = report::read_input(
        {reinterpret_cast<const char*>(bytes->data()), bytes->size()}, file, input);
    if (!read) return read.error();
  }
  for (const report::Measurement& file : input.measurements) {
    if (file.unfinished) {
      say(file.source + " is of a run that is unfinished: " + std::to_string(file.results.size()) +
          " results so far");
    }
  }
  return input;
}

Status run(const ReportOptions& options) {
  if (options.html.empty() && options.json.empty() && options.svg.empty() && options.png.empty() &&
      options.csv.empty()) {
    return Error{
        "--html is missing: expected a page to write, --json and a file for the remarks, "
        "or --svg, --png or --csv and a folder"};
  }
  if (options.html == "-" && options.json == "-") {
    return Error{"--html and --json are both -, expected one of them on stdout"};
  }
  const Output outputs[] = {{.option = "--html",
                             .file = options.html,
                             .endings = {".html", ".htm"},
                             .strict = true,
                             .on_stdout = true},
                            json_output(options.json)};
  std::vector<Input> inputs;
  for (const std::string& file : options.files) inputs.push_back({"files", file});
  for (const Status& status :
       {check_outputs(outputs, inputs), prepare_folder("--svg", options.svg),
        prepare_folder("--png", options.png), prepare_folder("--csv", options.csv)}) {
    if (!status) return status;
  }
  const auto input = read_files(options.files);
  if (!input) return input.error();
  for (const auto& [format, folder] : {std::pair{"svg", options.svg}, {"png", options.png}}) {
    const Status drawn = write_figures(*input, format, folder, options);
    if (!drawn) return drawn;
  }
  if (!options.csv.empty()) {
    const Status listed = write_tables(*input, options);
    if (!listed) return listed;
  }
  if (!options.json.empty()) {
    const Status remarked =
        write_json(options.json, report::remarks_as_json(*input, SIGNFLIP_VERSION));
    if (!remarked) return remarked;
  }
  if (options.html.empty()) return {};
  const std::string page = report::render(*input, SIGNFLIP_VERSION);
  if (options.html == "-") {
    std::cout << page << std::flush;
    return {};
  }
  const Status written = write_file_atomically(options.html, text_bytes(page));
  if (!written) return written;
  print_result("wrote " + options.html + "\n", options.on_stdout());
  return {};
}

}  // namespace

void add_report(const Command& app, Context& context) {
  auto options = std::make_shared<ReportOptions>();
  const Command command = app.add_command(
      "report",
      "One HTML page from results and training logs, with tables and plots; pictures and CSV files",
      "signflip report mixed.json mixed.jsonl --html report.html\n"
      "  signflip report mixed.json certified.json mixed.jsonl \\\n"
      "    --svg figures --png pictures --csv tables");
  command
      .add_option("files", options->files,
                  "what evaluate, attack and certify wrote with --json, and train with --log")
      .required();
  command.add_option("--html", options->html, "page to write; - is stdout");
  command.add_option("--json", options->json,
                     "write the page's remarks on the figures to this file; - is stdout");
  command.add_option("--svg", options->svg,
                     "folder to write each plot to, as an SVG file; made where it is missing");
  command.add_option("--png", options->png,
                     "the same as PNG files, 1440 pixels wide, for programs without SVG");
  command.add_option(
      "--csv", options->csv,
      "folder to write results.csv, classes.csv, certificates.csv and training.csv to, as far as "
      "there are any; made where it is missing");
  command.when_given([options, &context] { context.run = [options] { return run(*options); }; });
}

}  // namespace signflip::cli
