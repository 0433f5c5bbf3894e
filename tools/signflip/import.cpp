// signflip import: a network from another program's file → our model file.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>

#include "command.h"
#include "core/concat.h"
#include "core/number.h"
#include "core/visible_text.h"
#include "data/class_names.h"
#include "data/file.h"
#include "import/foreign_model.h"
#include "import/onnx/import_onnx.h"
#include "import/state_dict.h"
#include "import_check.h"
#include "nn/architecture_json.h"
#include "nn/json_text.h"
#include "option_values.h"
#include "outputs.h"

namespace signflip::cli {
namespace {

struct ImportCommandOptions {
  std::string model, out, architecture, input, classes, name, dataset, data, json;
  std::vector<float> mean, deviation;
  int pixel_range = 0;
  std::size_t limit = 1000;
  std::uint64_t seed = 1;
  int threads = 0;
};

/// "28x28x1".
Result<ImageShape> input_shape(const std::string& text) {
  if (text.empty()) return ImageShape{};
  ImageShape shape;
  char rest = 0;
  const int read = std::sscanf(text.c_str(), "%4dx%4dx%4d%c", &shape.height, &shape.width,
                               &shape.channels, &rest);
  if (read != 3 || shape.height < 1 || shape.width < 1 || shape.channels < 1) {
    return Error{
        concat("--input is ", text, ", expected height, width and channels, such as 28x28x1")};
  }
  return shape;
}

/// One name a line; blank lines only at the end. A byte order mark is no part of a name.
Result<std::vector<std::string>> class_names(const std::string& path) {
  std::vector<std::string> names;
  if (path.empty()) return names;
  const auto bytes = read_file(path, kMaxTextBytes);
  if (!bytes) return bytes.error();
  std::string line;
  std::set<std::string> seen;
  std::size_t number = 0, blank = 0;
  const auto take = [&]() -> Status {
    ++number;
    if (number == 1 && line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);
    const auto blanks = [](char c) { return c == '\r' || c == ' ' || c == '\t'; };
    while (!line.empty() && blanks(line.back())) line.pop_back();
    line.erase(line.begin(), std::ranges::find_if_not(line, blanks));
    if (const std::string seen_as = visible_text(line); seen_as != line) {
      return Error{concat(path, ": line ", number, " is ", seen_as,
                          ", expected a name in UTF-8 without characters that are not seen")};
    }
    if (line.empty()) {
      if (blank == 0) blank = number;
      return {};
    }
    if (blank != 0) return Error{concat(path, ": line ", blank, " is blank, expected a class")};
    if (!seen.insert(line).second) {
      return Error{concat(path, ": line ", number, " names ", shown_name(line), " again")};
    }
    names.push_back(std::exchange(line, {}));
    return {};
  };
  for (const std::uint8_t byte : *bytes) {
    if (byte != '\n') {
      line += static_cast<char>(byte);
      continue;
    }
    const Status taken = take();
    if (!taken) return taken.error();
  }
  const Status last = take();
  if (!last) return last.error();
  if (names.empty()) return Error{path + " names no classes"};
  return names;
}

Result<ArchitectureChoice> architecture_choice(const std::string& given) {
  ArchitectureChoice choice;
  if (!has_ending(given, ".json")) {
    choice.name = given;
    return choice;
  }
  const auto bytes = read_file(given, kMaxTextBytes);
  if (!bytes) return bytes.error();
  auto read =
      architecture_from_text({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, given);
  if (!read) return read.error();
  choice.from_file = std::move(*read);
  choice.file = given;
  return choice;
}

/// What any format becomes.
struct Translated {
  std::vector<std::uint8_t> bytes;
  std::vector<std::string> notes;
  std::vector<std::pair<std::string, std::string>> modules;
};

/// The library names fields; here they are options.
std::string as_options(std::string text) {
  for (const auto& [field, option] :
       {std::pair("'architecture'", "--architecture FILE.json"), {"'input'", "--input"}}) {
    for (std::size_t at = text.find(field); at != std::string::npos; at = text.find(field)) {
      text.replace(at, std::string_view(field).size(), option);
    }
  }
  return text;
}

Result<Translated> translate(const ImportCommandOptions& options, const ImportOptions& import) {
  const auto bytes = read_file(options.model, kMaximumForeignModel);
  if (!bytes) return bytes.error();
  const auto bad = [&](const Error& error) {
    return Error{options.model + ": " + as_options(error.message)};
  };
  const auto format = foreign_model_format(*bytes);
  if (!format) return bad(format.error());
  if (*format == ForeignModel::onnx) {
    if (!options.architecture.empty()) {
      return Error{
          "--architecture was given, but has an effect only with a state_dict: ONNX says "
          "its own"};
    }
    auto onnx = import_onnx(*bytes, import);
    if (!onnx) return bad(onnx.error());
    return Translated{std::move(onnx->bytes), std::move(onnx->notes), {}};
  }
  const auto choice = architecture_choice(options.architecture);
  if (!choice) return choice.error();
  const auto file = parse_safetensors(*bytes, options.model);
  if (!file) return file.error();
  auto state = import_state_dict(*file, *choice, import);
  if (!state) return bad(state.error());
  for (std::string& note : state->notes) note = as_options(std::move(note));
  return Translated{std::move(state->bytes), std::move(state->notes), std::move(state->modules)};
}

/// Runs the model on the dataset; names its classes like the dataset's where they had no names.
Result<std::optional<ImportCheck>> check_on_dataset(const ImportCommandOptions& options,
                                                    Sequential& network) {
  if (options.dataset.empty()) return std::optional<ImportCheck>();
  if (network.architecture().classes.empty()) {
    return Error{"--dataset is given, but the model's output is an image: there is no accuracy"};
  }
  const auto dataset =
      load_dataset_for(options.dataset, options.data, Split::test, options.limit, options.seed);
  if (!dataset) return dataset.error();
  auto result = check_import(network, *dataset, options.threads);
  if (!result) return result.error();
  Status same = check_same_classes("the model", network.architecture().classes, *dataset);
  const std::string remark =
      matched_by_position("the model", network.architecture().classes, *dataset);
  if (same && !remark.empty()) say(remark);
  if (same && are_plain_numbers(network.architecture().classes)) {
    same = network.rename_classes(dataset->class_names);
  }
  if (!same) return same.error();
  return std::optional<ImportCheck>(std::move(*result));
}

void report(const ImportCommandOptions& options, const Translated& translated,
            const Sequential& network, const std::optional<ImportCheck>& checked) {
  std::string text;
  for (const auto& [layer, module] : translated.modules) {
    text += concat("layer ", layer, " ← ", shown_name(module), "\n");
  }
  text += concat("wrote ", options.out, ": input ", to_string(network.input_shape()), ", ",
                 network.layers().size(), " layers, ", network.parameters().size(), " parameters");
  if (checked) {
    char number[64];
    std::snprintf(number, sizeof number, ", right on %.1f%% of %zu images of ",
                  100.0 * checked->accuracy, checked->images);
    text += number + options.dataset;
  }
  print_result(text + "\n", options.json);
}

Status run(const ImportCommandOptions& options) {
  const Output outputs[] = {
      {.option = "--out", .file = options.out, .endings = {".safetensors"}, .strict = true},
      json_output(options.json)};
  const Input inputs[] = {{"--model", options.model},
                          {"--architecture", options.architecture},
                          {"--classes", options.classes}};
  const Status outputs_checked = check_outputs(outputs, inputs);
  if (!outputs_checked) return outputs_checked;
  ImportOptions import;
  const auto input = input_shape(options.input);
  if (!input) return input.error();
  import.input = *input;
  auto classes = class_names(options.classes);
  if (!classes) return classes.error();
  import.classes = std::move(*classes);
  import.name =
      options.name.empty() ? std::filesystem::path(options.model).stem().string() : options.name;
  import.mean = options.mean;
  import.deviation = options.deviation;
  import.pixel_range = options.pixel_range;
  const auto translated = translate(options, import);
  if (!translated) return translated.error();
  auto model = load_model(translated->bytes, options.model);
  if (!model) return model.error();
  const auto checked = check_on_dataset(options, model->network);
  if (!checked) return checked.error();

  SaveOptions save;
  save.metadata["signflip.import"] =
      json_text(OrderedJson{{"from", std::filesystem::path(options.model).filename().string()},
                            {"notes", translated->notes}});
  const auto bytes = format_model(model->network, save);
  const auto again = load_model(bytes, options.out);  // with its self-test
  if (!again) return again.error();
  for (const std::string& note : translated->notes) say("note: " + note);
  if (*checked && !(*checked)->warning.empty()) say("warning: " + (*checked)->warning);
  const Status written = write_file_atomically(options.out, bytes);
  if (!written) return written;
  report(options, *translated, model->network, *checked);
  OrderedJson json = {
      {"signflip", SIGNFLIP_VERSION},     {"file", options.out},
      {"sha256", sha256_hex(bytes)},      {"parameters", model->network.parameters().size()},
      {"modules", OrderedJson::object()}, {"notes", translated->notes}};
  for (const auto& [layer, module] : translated->modules) json["modules"][layer] = module;
  if (*checked) {
    json["check"] = {{"dataset", options.dataset},
                     {"images", (*checked)->images},
                     {"accuracy", (*checked)->accuracy},
                     {"warning", (*checked)->warning}};
  }
  return write_json(options.json, json);
}

Status check_given(const Command& command, const ImportCommandOptions& options) {
  const bool data = !options.dataset.empty();
  const Requirement requirements[] = {{"--data", data, "--dataset"},
                                      {"--limit", data, "--dataset"},
                                      {"--seed", data, "--dataset"},
                                      {"--threads", data, "--dataset"},
                                      {"--kernels", data, "--dataset"}};
  return check_effects(command, requirements);
}

void add_options(const Command& command, ImportCommandOptions& options) {
  command
      .add_option("model,--model", options.model,
                  "ONNX, or a state_dict as safetensors (weights F32, F16, BF16 or F64)")
      .required();
  command.add_option("--out", options.out, "model file to write (.safetensors)").required();
  command.add_option("--architecture", options.architecture,
                     "of a state_dict: built-in, or a .json file; without it, inferred where the "
                     "tensors' shapes decide it");
  command.add_option("--input", options.input,
                     "shape of an image as HEIGHTxWIDTHxCHANNELS, where the file does not say it");
  command.add_option("--classes", options.classes,
                     "text file with the names of the classes, one a line, in the model's order");
  command
      .add_option("--mean", options.mean,
                  "the mean that training subtracted: one for all channels, or one each (0.1,0.2)")
      .separated_by(',');
  command.add_option("--std", options.deviation, "the deviation that it divided by, likewise")
      .separated_by(',');
  command
      .add_option(
          "--pixel-range", options.pixel_range,
          "largest value of a pixel that the model takes, before --mean and --std: 1 or 255 "
          "(default: 1)")
      .one_of({1, 255});
  command.add_option("--name", options.name, "name in the model file (default: the file's)");
  command.add_option(
      "--dataset", options.dataset,
      "run the model on this test set: a poor accuracy is explained, and the classes "
      "get its names");
  command.add_option("--data", options.data, "folder of the dataset");
  add_limit_option(command, options.limit);
  command.add_option("--seed", options.seed, "of the draw for --limit").shows_default();
  add_json_option(command, options.json);
  add_threads_option(command, options.threads);
}

}  // namespace

void add_import(const Command& app, Context& context) {
  auto options = std::make_shared<ImportCommandOptions>();
  const Command command =
      app.add_command("import", "Turn another program's model into a model file",
                      "signflip import robust.onnx --dataset mnist --out imported.safetensors\n"
                      "  signflip import weights.safetensors --architecture s --input 28x28x1 \\\n"
                      "    --mean 0.1307 --std 0.3081 --out imported.safetensors");
  add_options(command, *options);
  command.when_given([options, command, &context] {
    context.run = [options, command] {
      const Status given = check_given(command, *options);
      return given ? run(*options) : given;
    };
  });
}

}  // namespace signflip::cli
