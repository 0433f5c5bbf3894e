// Fuzzes the file of --config, TOML, for a command with an option of each kind.
#include <cstdlib>
#include <string_view>

#include "cli11.h"
#include "config_file.h"
#include "fuzz/fuzz.h"
#include "fuzz/scratch.h"

using namespace signflip;

namespace {

/// What the options of the command below are read into.
struct Values {
  std::string text;
  double real = 0.5;
  int whole = 3;
  bool flag = false;
  std::vector<std::string> several;
};

const CLI::App& command() {
  static Values values;
  static CLI::App app;
  static const CLI::App* const made = [] {
    app.add_subcommand("other");
    CLI::App* const train = app.add_subcommand("train");
    train->add_option("--model", values.text);
    train->add_option("--epsilon", values.real)->capture_default_str();
    train->add_option("--batch-size,--batch", values.whole)->capture_default_str();
    train->add_flag("--flip", values.flag);
    train->add_option("--images", values.several);
    return train;
  }();
  return *made;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Scratch scratch;
  const auto settings = cli::read_config(scratch.write("run.toml", {data, size}), command());
  if (!settings) {
    if (settings.error().message.empty()) std::abort();
    return 0;
  }
  for (const cli::Setting& setting : *settings) {
    if (setting.option == nullptr || setting.values.empty()) std::abort();
    for (const std::string& value : setting.values) {
      if (value.empty()) std::abort();
    }
  }
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  constexpr std::string_view kTexts[] = {
      "# signflip train --config FILE\nmodel = \"a.safetensors\"\nepsilon = 0.3\n"
      "batch-size = 64\nflip = true\nimages = [\"a.png\", \"b.png\"]\n",
      "epsilon = \"8/255\"\n[train]\nbatch = 0x40\nflip = false\n[other]\nday = 1979-05-27\n",
      "model = '''\na\\b'''\nimages = [1, 2.5e3, true, inf]\ntrain.epsilon = 1_000\n"};
  std::vector<std::vector<std::uint8_t>> seeds;
  for (const std::string_view text : kTexts) seeds.emplace_back(text.begin(), text.end());
  return seeds;
}
