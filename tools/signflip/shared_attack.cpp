#include "shared_attack.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "core/concat.h"
#include "core/predictions.h"
#include "data/file.h"
#include "data/npy.h"
#include "data/sample.h"
#include "evaluate/interval.h"
#include "outputs.h"
#include "sheet.h"

namespace signflip::cli {

void SharedOptions::add_to(const Command& command, const std::string& what) {
  target.add_to(command);
  command.add_option("--dataset", dataset, "mnist, gtsrb or another name").required();
  command.add_option("--data", data, "its folder (default: $SIGNFLIP_DATA/NAME, then ./data/NAME)");
  command
      .add_option("--split", split,
                  "the images to learn from; of test those that --limit names, and the others "
                  "judge")
      .one_of({"train", "test"})
      .shows_default();
  command
      .add_option("--limit", limit,
                  "learn from so many of the images, of each class its share, drawn by --seed; 0: "
                  "all")
      .shows_default();
  command
      .add_option("--test-limit", test_limit,
                  "judge on so many images of the test split, drawn likewise; 0: all")
      .shows_default();
  command.add_option("--target", goal, "make images this class (default: any other than theirs)");
  command.add_option("--epochs", epochs, "how often each image is seen")
      .between(1, 100000)
      .shows_default();
  command.add_option("--batch", batch, "images per step").between(1, 100000).shows_default();
  command.add_option("--seed", seed, "of samples, order and random places").shows_default();
  command.add_option("--out", out, "write " + what + " to this .npy file");
  command.add_option("--png", png, "write a picture of " + what + " to this file");
  add_json_option(command, json);
  add_threads_option(command, threads);
}

namespace {

/// Images with their labels, and what the model takes them for as they are.
struct Part {
  std::string split;
  Tensor images;
  std::vector<int> labels, clean;
};

Status check_fit(const SharedOptions& options, const Dataset& dataset) {
  const Status suits = check_suits("the model", options.target.network(), dataset);
  if (!suits) return suits;
  if (options.goal && (*options.goal < 0 || *options.goal >= dataset.classes)) {
    return Error{"--target is " + std::to_string(*options.goal) + ", expected a class from 0 to " +
                 std::to_string(dataset.classes - 1)};
  }
  return {};
}

/// The images to learn from and those to judge on; no image is in both.
Result<std::pair<Dataset, Dataset>> load_parts(const SharedOptions& options) {
  const auto load = [&](Split split, std::size_t limit) {
    return load_dataset_for(options.dataset, options.data, split, limit, options.seed,
                            picture_size(options.target.network().input_shape()));
  };
  const bool train = options.split == "train";
  auto seen = load(train ? Split::train : Split::test, 0);
  if (!seen) return seen.error();
  if (train && !seen->undivided) {
    if (options.limit > 0) {
      keep_images(*seen, stratified_sample(seen->labels, options.limit, options.seed));
    }
    auto unseen = load(Split::test, options.test_limit);
    if (!unseen) return unseen.error();
    return std::pair{std::move(*seen), std::move(*unseen)};
  }
  if (options.limit == 0 || options.limit >= seen->count()) {
    return Error{concat("--limit is ", options.limit, ", but ",
                        train ? options.dataset + " is not divided, so it" : "with --split test it",
                        " must leave some of the ", seen->count(), " images to judge on")};
  }
  Dataset unseen = *seen;
  const auto learnt = stratified_sample(seen->labels, options.limit, options.seed);
  std::vector<std::uint32_t> all(seen->count()), others;
  std::iota(all.begin(), all.end(), 0U);
  std::ranges::set_difference(all, learnt, std::back_inserter(others));
  keep_images(unseen, others);
  keep_images(*seen, learnt);
  if (options.test_limit > 0) {
    keep_images(unseen, stratified_sample(unseen.labels, options.test_limit, options.seed));
  }
  return std::pair{std::move(*seen), std::move(unseen)};
}

OrderedJson judge(const SharedOptions& options, const SharedChanges& changes, const Part& part,
                  ThreadPool& pool) {
  const auto classes_with = [&](const SharedChange& change) {
    return classes_under(options.target.judge(), change, options.seed, part.images, pool);
  };
  const std::vector<int> changed = classes_with(*changes.learnt);
  const FoolingFigures figures = fooling(part.clean, changed, options.goal);
  const FoolingFigures random = fooling(part.clean, classes_with(*changes.random), options.goal);
  const auto [low, high] = confidence_interval(figures.rate(), figures.count);
  return {{"split", part.split},
          {"count", part.labels.size()},
          {"accuracy_clean", accuracy_of(part.clean, part.labels)},
          {"accuracy", accuracy_of(changed, part.labels)},
          {"fooled_of", figures.count},
          {"fooling_rate", figures.rate()},
          {"fooling_rate_interval", {low, high}},
          {"fooling_rate_random", random.rate()}};
}

std::string fooling_line(const std::string& name, const OrderedJson& figures) {
  const auto percent = [&](const char* field) { return 100.0 * figures[field].get<double>(); };
  char line[160];
  std::snprintf(
      line, sizeof line, "%-11s %7zu %8.2f%% %8.2f%% %8.2f%%  %6.2f–%.2f%% %9.2f%%\n", name.c_str(),
      figures["count"].get<std::size_t>(), percent("accuracy_clean"), percent("accuracy"),
      percent("fooling_rate"), 100.0 * figures["fooling_rate_interval"][0].get<double>(),
      100.0 * figures["fooling_rate_interval"][1].get<double>(), percent("fooling_rate_random"));
  return line;
}

Status write_change(const SharedOptions& options, const SharedKind& kind,
                    const SharedChange& change) {
  const ImageShape shape = options.target.network().input_shape();
  if (!options.out.empty()) {
    const Status written = write_npy(options.out, change.values(), kind.npy_shape(shape));
    if (!written) return written;
  }
  if (options.png.empty()) return {};
  return write_file_atomically(options.png, encode_png(to_picture(kind.picture(change, shape), 0)));
}

Status check_files(const SharedOptions& options) {
  const Output outputs[] = {
      {.option = "--out", .file = options.out, .endings = {".npy"}, .strict = true},
      {.option = "--png", .file = options.png, .endings = {".png"}, .strict = true},
      json_output(options.json)};
  return check_outputs(outputs);
}

}  // namespace

Status run_shared(SharedOptions& options, const SharedKind& kind) {
  Status passed = check_files(options);
  if (passed) passed = options.target.load();
  if (!passed) return passed;
  const ImageShape shape = options.target.network().input_shape();
  if (!options.png.empty() && shape.channels != 1 && shape.channels != 3) {
    return Error{"--png was given, but images of " + to_string(shape) + " are no pictures"};
  }
  const auto changes = kind.make(options.target.seen());
  if (!changes) return changes.error();
  auto data = load_parts(options);
  if (!data) return data.error();
  passed = check_fit(options, data->first);
  if (!passed) return passed;
  if (data->second.image != data->first.image || data->second.classes != data->first.classes) {
    return Error{concat(options.dataset, " has training images of ", to_string(data->first.image),
                        " in ", data->first.classes, " classes, but test images of ",
                        to_string(data->second.image), " in ", data->second.classes)};
  }
  ThreadPool pool(options.threads);
  const auto part_of = [&](const std::string& split, const Dataset& dataset) {
    Part part{split, dataset.tensor(0, dataset.count()), dataset.labels, {}};
    part.clean = classes_of(options.target.judge(), part.images, pool);
    return part;
  };
  const Part seen = part_of(options.split, data->first), unseen = part_of("test", data->second);

  SharedRequest request;
  request.epochs = options.epochs;
  request.batch = options.batch;
  request.target = options.goal;
  request.seed = options.seed;
  const bool gray = &options.target.seen() != &options.target.judge();
  const std::vector<int> goals =
      gray ? classes_of(options.target.seen(), seen.images, pool) : seen.clean;
  const auto start = std::chrono::steady_clock::now();
  ProgressBar bar(kind.name, "images");
  const auto epochs = learn_shared(options.target.seen(), request, seen.images, goals,
                                   *changes->learnt, pool, bar.callback());
  bar.finish();
  if (!epochs) return epochs.error();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  passed = write_change(options, kind, *changes->learnt);
  if (!passed) return passed;

  OrderedJson json = {{"signflip", SIGNFLIP_VERSION}};
  options.target.describe(json);
  json["dataset"] = {{"name", data->first.name}};
  json["seed"] = options.seed;
  if (options.goal) json["target"] = *options.goal;
  json[kind.name] = kind.describe(*changes->learnt);
  json["epochs"] = OrderedJson::array();
  for (const SharedEpoch& epoch : *epochs) {
    json["epochs"].push_back({{"loss", epoch.loss}, {"fooling_rate", epoch.fooled}});
  }
  json["batch"] = options.batch;
  json["seen"] = judge(options, *changes, seen, pool);
  json["unseen"] = judge(options, *changes, unseen, pool);
  json["seconds"] = seconds.count();
  print_result("images        count    clean  changed   fooled  95% interval   " + kind.random +
                   "\n" + fooling_line("learnt from", json["seen"]) +
                   fooling_line("unseen", json["unseen"]),
               options.json);
  return write_json(options.json, json);
}

}  // namespace signflip::cli
