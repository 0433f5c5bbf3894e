// What the subcommands share: how one registers itself, how it reads a model, writes its results
// and shows progress. Each subcommand is a file of its own; main.cpp lists them.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/progress.h"
#include "core/result.h"
#include "core/thread_pool.h"
#include "data/dataset.h"
#include "device/device.h"
#include "nn/json.h"
#include "nn/model_file.h"
#include "options.h"

namespace signflip::cli {

/// The subcommand that was given: set by its callback, run by main().
struct Context {
  std::function<Status()> run;
  std::string command_line;  ///< as typed, for the provenance of models
};

void add_train(const Command& app, Context& context);
void add_predict(const Command& app, Context& context);
void add_attack(const Command& app, Context& context);
void add_evaluate(const Command& app, Context& context);
void add_certify(const Command& app, Context& context);
void add_inspect(const Command& app, Context& context);
void add_convert(const Command& app, Context& context);
void add_export(const Command& app, Context& context);
void add_import(const Command& app, Context& context);
void add_import_gtsrb(const Command& app, Context& context);
void add_report(const Command& app, Context& context);
void add_saliency(const Command& app, Context& context);
void add_universal(const Command& app, Context& context);
void add_patch(const Command& app, Context& context);

/// --threads, and --kernels: how work is done, not what comes out.
void add_threads_option(const Command& command, int& threads);
/// --device cpu|cuda.
void add_device_option(const Command& command, std::string& device);
/// Null for "cpu"; an error if there is no such device.
Result<std::unique_ptr<device::Device>> open_device(const std::string& name);
void add_json_option(const Command& command, std::string& json);

/// A model and where it came from.
struct LoadedModel {
  ModelFile file;
  std::string path, sha256;
};
/// The bytes of a model file, no more than its header calls for.
Result<std::vector<std::uint8_t>> read_model_file(const std::string& path);
Result<LoadedModel> load_model_from(const std::string& path);
/// Says on stderr what was taken off the layers that the file lists.
void say_removed(const std::string& path, const Architecture& architecture);
/// {"file", "sha256", "parameters"}.
OrderedJson describe(const LoadedModel& model);
/// The images of a split: how many, and the seed that drew them where they are a part of it, as
/// --limit asks; figures of other parts must not be compared.
OrderedJson describe_images(const Dataset& dataset, const std::string& split, std::size_t limit,
                            std::uint64_t seed);

/// Finds and loads a dataset: all of it, or where `limit` is not 0 a stratified sample of so many
/// images, fixed by `seed`. Pictures become `pictures`. Says on stderr what was done to images.
Result<Dataset> load_dataset_for(const std::string& name, const std::string& data, Split split,
                                 std::size_t limit, std::uint64_t seed,
                                 const std::optional<PictureSize>& pictures = {});
/// An error unless the network takes the dataset's images and means its classes; errors call it
/// `whose` ("the model"). Says on stderr where classes without names are matched by position.
Status check_suits(const std::string& whose, const Sequential& network, const Dataset& dataset);
/// What pictures must be for this network.
PictureSize picture_size(ImageShape shape);
void add_limit_option(const Command& command, std::size_t& limit);

/// Writes results to a file, or to stdout for "-"; nothing for an empty name.
Status write_json(const std::string& file, const OrderedJson& json);
/// Results for people go to stdout, unless the JSON does. What a file or an argument brought into
/// them reaches no terminal raw: see visible_text().
void print_result(const std::string& text, const std::string& json_file);
/// One line to stderr, likewise.
void say(const std::string& text);
/// A name from a file, as tables and progress show it: no longer than a line.
std::string shown_name(const std::string& name);

/// An option whose value is a number or a fraction: an epsilon of "0.3" or "8/255".
Option add_fraction_option(const Command& command, const std::string& name, double& value,
                           const std::string& help);

/// True once the person has asked to stop (Ctrl-C); a second Ctrl-C ends at once.
bool stop_requested();
void listen_for_stop();

/// A progress bar with speed and time left on stderr: redrawn in place on a terminal, no wider than
/// it is, a plain line now and then elsewhere.
class ProgressBar {
 public:
  /// `unit` is what is counted ("images"); `scale` of the counts that come in make one unit.
  ProgressBar(const std::string& label, std::string unit, double scale = 1.0);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void update(std::size_t done, std::size_t total, const std::string& note = {});
  /// For library calls: updates, and stops when the person asked to.
  Progress callback();
  /// Ends the line, so that other text can follow.
  void finish();

 private:
  /// The line for a terminal's width: bar and note give way first.
  std::string fitted(double fraction, const std::string& figures, const std::string& note) const;

  std::string label_, unit_;
  double scale_;
  double start_, last_drawn_ = -1.0;
  bool terminal_, open_ = false, finished_ = false;
};

}  // namespace signflip::cli
