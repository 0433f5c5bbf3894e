// signflip evaluate: accuracy of a model on a dataset, clean and under attacks.
#include <algorithm>

#include "attack_options.h"
#include "data/class_names.h"
#include "evaluate/evaluate.h"
#include "experiment.h"
#include "plans.h"
#include "target.h"

namespace signflip::cli {
namespace {

struct Options {
  std::string experiment, dataset, data, split = "test", attacks, json, device = "cpu";
  std::size_t limit = 0;
  std::optional<std::uint64_t> given_seed;
  std::uint64_t seed = 0;
  std::optional<int> goal;  ///< the class that attacks aim at
  int threads = 0;
  AttackOptions parameters;
  Target target, source;
};

/// A model to be measured, and the one that attacks look at instead, where that names a model.
struct Subject {
  Target target, source;
};

/// Fills what the command line leaves open from the experiment's file, where there is one, and says
/// which models are to be measured.
Result<std::vector<Subject>> apply_experiment(Options& options) {
  std::vector<Subject> subjects;
  if (!options.experiment.empty()) {
    const auto experiment = read_experiment(options.experiment);
    if (!experiment) return experiment.error();
    // A model of the command line takes the place of all that the file names.
    const std::size_t count = options.target.has_model() ? 1 : experiment->models.size();
    for (const ExperimentModel& model : std::span(experiment->models).first(count)) {
      Subject& subject = subjects.emplace_back(Subject{options.target, options.source});
      subject.target.suggest(model.model, model.denoiser, model.gray_box);
      if (!subject.source.has_model()) {
        subject.source.suggest(model.from, model.from_denoiser, false);
      }
    }
    if (options.dataset.empty()) options.dataset = experiment->dataset;
    if (!options.given_seed) options.given_seed = experiment->seed;
    // Another list of attacks has other parameters, and perhaps no goal.
    if (options.attacks.empty() && !experiment->attack.empty()) {
      options.attacks = "clean," + experiment->attack;
      if (!options.goal) options.goal = experiment->target;
      for (const auto& [name, text] : experiment->parameters) {
        const Status known = options.parameters.suggest(name, text);
        if (!known) return Error{options.experiment + ": " + known.error().message};
      }
    }
  } else {
    subjects.push_back({options.target, options.source});
  }
  if (options.dataset.empty()) {
    return Error{"--dataset is missing: expected mnist, gtsrb or another name"};
  }
  if (options.attacks.empty()) options.attacks = "clean";
  options.seed = options.given_seed.value_or(0);
  return subjects;
}

/// The images under attack. Those of the goal's class are there already, and left out.
Result<Dataset> load_images(const Options& options) {
  const Split split = options.split == "train" ? Split::train : Split::test;
  auto dataset = load_dataset_for(options.dataset, options.data, split, options.limit);
  if (!dataset || !options.goal) return dataset;
  if (*options.goal < 0 || *options.goal >= dataset->classes) {
    return Error{"the target is class " + std::to_string(*options.goal) + ", but " +
                 options.dataset + " has the classes 0 to " + std::to_string(dataset->classes - 1)};
  }
  const std::size_t size = dataset->image.size(), all = dataset->count();
  std::size_t kept = 0;
  for (std::size_t n = 0; n < all; ++n) {
    if (dataset->labels[n] == *options.goal) continue;
    dataset->labels[kept] = dataset->labels[n];
    std::copy_n(dataset->pixels.begin() + static_cast<std::ptrdiff_t>(n * size), size,
                dataset->pixels.begin() + static_cast<std::ptrdiff_t>(kept * size));
    ++kept;
  }
  if (kept == 0) {
    return Error{"all images are of class " + std::to_string(*options.goal) +
                 ", which the attacks aim at: expected others, too"};
  }
  dataset->labels.resize(kept);
  dataset->pixels.resize(kept * size);
  dataset->groups.clear();
  if (kept < all) {
    say("left out " + std::to_string(all - kept) + " images that are of class " +
        std::to_string(*options.goal) + " already");
  }
  return dataset;
}

std::string images_and_classes(ImageShape image, int classes) {
  return to_string(image) + " in " + std::to_string(classes);
}

/// Everything about one model; attacks run on `device` where there is one.
Result<std::vector<EvaluationRow>> measure(const Subject& subject, const std::vector<Plan>& plans,
                                           const Dataset& dataset, const Options& options,
                                           device::Device* device, ThreadPool& pool) {
  const Sequential& network = subject.target.network();
  const std::string own = images_and_classes(network.input_shape(), network.classes());
  const std::string data = images_and_classes(dataset.image, dataset.classes);
  if (own != data) {
    return Error{"the model takes images of " + own + " classes, but " + options.dataset + " has " +
                 data};
  }
  const Status same = check_same_classes("the model", network.architecture().classes, dataset);
  if (!same) return same.error();
  const DifferentiableModel& judge = subject.target.judge();
  const DifferentiableModel* crafted_on = &subject.target.seen();
  if (subject.source.has_model()) {
    crafted_on = &subject.source.judge();
    const std::string theirs = images_and_classes(crafted_on->input_shape(), crafted_on->classes());
    if (theirs != own) {
      return Error{"--from is " + subject.source.title() + ", which takes images of " + theirs +
                   " classes, but the model takes " + own};
    }
    const Status alike =
        check_same_classes("--from", subject.source.network().architecture().classes, dataset);
    if (!alike) return alike.error();
  }
  const Tensor images = dataset.tensor(0, dataset.count());
  const std::vector<int> targets(options.goal ? dataset.count() : 0, options.goal.value_or(0));
  for (const Plan& plan : plans) {
    if (plan.clean || device == nullptr) continue;
    const Status fits = check_device(*crafted_on, plan.request);
    if (!fits) return fits.error();
  }
  std::vector<int> before;  // what a targeted attack finds: images of its class are left alone
  if (options.goal) {
    const auto clean = evaluate_clean(judge, images, dataset.labels, pool);
    if (!clean) return clean.error();
    for (const ImageFigures& image : clean->images) before.push_back(image.predicted);
  }
  std::vector<EvaluationRow> rows;
  for (const Plan& plan : plans) {
    if (plan.clean) {
      ProgressBar bar("clean", "images");
      auto row = evaluate_clean(judge, images, dataset.labels, pool, bar.callback());
      if (!row) return row.error();
      rows.push_back(std::move(*row));
      continue;
    }
    ProgressBar bar(std::string(plan.request.attack->name), "images",
                    static_cast<double>(kProgressPerImage));
    const auto outcome = run_attack_with(device, *crafted_on, judge, plan.request, images,
                                         dataset.labels, targets, pool, bar.callback());
    if (!outcome) return outcome.error();
    rows.push_back(
        summarise(plan.request, *outcome, dataset.labels, targets, before, network.classes()));
  }
  std::vector<EvaluationRow> worst =
      worst_rows(rows, dataset.labels, options.goal.has_value(), network.classes());
  std::ranges::move(worst, std::back_inserter(rows));
  return rows;
}

/// What the table has no column for: how many images came to be of the class that was aimed at.
std::string goal_lines(const std::vector<EvaluationRow>& rows, const Options& options) {
  std::string text;
  for (const EvaluationRow& row : rows) {
    if (!options.goal || row.attack == "clean" || row.attack == "worst") continue;
    char line[160];
    const std::size_t attacked = row.successes + row.failures;
    std::snprintf(line, sizeof line, "%s: %.2f%% are now read as class %d%s\n", row.attack.c_str(),
                  100.0 * row.success_rate, *options.goal,
                  attacked < row.images.size() ? ", of the images that were not before" : "");
    text += line;
  }
  return text;
}

OrderedJson describe_results(const Subject& subject, const std::vector<EvaluationRow>& rows,
                             const Dataset& dataset, const Options& options) {
  OrderedJson json = {{"signflip", SIGNFLIP_VERSION}};
  subject.target.describe(json);
  if (subject.source.has_model()) subject.source.describe_source(json);
  json["dataset"] = {{"name", dataset.name}, {"split", options.split}, {"count", dataset.count()}};
  json["seed"] = options.seed;
  if (options.goal) {
    json["targeted"] = true;
    json["target"] = *options.goal;
  }
  json["results"] = OrderedJson::array();
  for (const EvaluationRow& row : rows) json["results"].push_back(to_json(row, dataset.labels));
  return json;
}

Status run(Options& options) {
  const Status writable = check_output("--json", options.json);
  if (!writable) return writable;
  auto subjects = apply_experiment(options);
  if (!subjects) return subjects.error();
  const auto plans = make_plans(options.attacks, options.parameters, options.goal, options.seed);
  if (!plans) return plans.error();
  const auto device = open_device(options.device);
  if (!device) return device.error();
  const bool several = subjects->size() > 1;
  for (Subject& subject : *subjects) {  // all, before hours of work go into one
    Status loaded = subject.target.load();
    if (loaded && subject.source.is_given()) loaded = subject.source.load();
    if (!loaded) return loaded;
  }
  const auto dataset = load_images(options);
  if (!dataset) return dataset.error();

  ThreadPool pool(options.threads);
  OrderedJson all = OrderedJson::array();
  std::string text;
  for (std::size_t i = 0; i < subjects->size(); ++i) {
    const Subject& subject = (*subjects)[i];
    if (several) say(subject.target.title());
    const auto rows = measure(subject, *plans, *dataset, options, device->get(), pool);
    if (!rows) return rows.error();
    all.push_back(describe_results(subject, *rows, *dataset, options));
    if (several) text += (i == 0 ? "" : "\n") + subject.target.title() + "\n";
    text += format_table(*rows) + goal_lines(*rows, options);
  }
  print_result(text, options.json);
  return write_json(options.json, several ? all : all[0]);
}

}  // namespace

void add_evaluate(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* const command =
      add_command(app, "evaluate", "Accuracy on a dataset, clean and under attacks",
                  "signflip evaluate --model models/mnist-mixed.safetensors --dataset mnist \\\n"
                  "    --attacks clean,fgsm,mim --epsilon 0.25 --json result.json\n"
                  "  signflip evaluate --model models/mnist-mixed.safetensors --dataset mnist \\\n"
                  "    --attacks all --epsilon 0:0.3:4 --limit 100\n"
                  "  signflip evaluate --experiment signflip-mnist-mim.json --limit 1000");
  options->target.add_to(*command);
  options->target.make_model_optional();
  command->add_option(
      "--experiment", options->experiment,
      "JSON that the page saved: its models, dataset, attack, parameters, target and "
      "seed, where they are not given here; of several models --json writes a "
      "list with an entry for each");
  command->add_option("--dataset", options->dataset, "mnist, gtsrb or another name");
  command->add_option("--data", options->data,
                      "its folder (default: $SIGNFLIP_DATA/NAME, then ./data/NAME)");
  command->add_option("--split", options->split)
      ->check(CLI::IsMember({"train", "test"}))
      ->capture_default_str();
  command->add_option("--limit", options->limit, "use the first N images; 0: all")
      ->capture_default_str();
  command
      ->add_option("--attacks", options->attacks,
                   "list of clean, " + attack_names() + "; all: clean and every one that suits")
      ->default_str("clean");
  command->add_option("--target", options->goal,
                      "aim at this class; images that are of it already are left out");
  options->source.add_source_to(*command);
  command->add_option("--seed", options->given_seed, "of the attacks' random numbers")
      ->default_str("0");
  add_json_option(*command, options->json);
  add_device_option(*command, options->device);
  add_threads_option(*command, options->threads);
  options->parameters.add_to(*command);
  command->callback([options, &context] { context.run = [options] { return run(*options); }; });
}

}  // namespace signflip::cli
