// signflip evaluate: accuracy of a model on a dataset, clean and under attacks.
#include <algorithm>
#include <sstream>

#include "attack_options.h"
#include "evaluate/evaluate.h"
#include "experiment.h"
#include "target.h"

namespace signflip::cli {
namespace {

struct Options {
  std::string experiment, dataset, data, split = "test", attacks, from, json, device = "cpu";
  std::size_t limit = 0;
  std::optional<std::uint64_t> given_seed;
  std::uint64_t seed = 0;
  int threads = 0;
  AttackOptions parameters;
  Target target;
};

/// "clean" or an attack of the catalogue, in the order given.
struct Plan {
  bool clean = false;
  AttackRequest request;
};

/// Fills what the command line leaves open from the experiment's file, where there is one.
Status apply_experiment(Options& options) {
  if (!options.experiment.empty()) {
    const auto experiment = read_experiment(options.experiment);
    if (!experiment) return experiment.error();
    options.target.suggest(experiment->model, experiment->denoiser, experiment->gray_box);
    if (options.dataset.empty()) options.dataset = experiment->dataset;
    if (options.from.empty()) options.from = experiment->from;
    if (!options.given_seed) options.given_seed = experiment->seed;
    // Another list of attacks has other parameters.
    if (options.attacks.empty() && !experiment->attack.empty()) {
      options.attacks = "clean," + experiment->attack;
      for (const auto& [name, text] : experiment->parameters) {
        const Status known = options.parameters.suggest(name, text);
        if (!known) return Error{options.experiment + ": " + known.error().message};
      }
    }
    if (experiment->target) {
      std::fprintf(stderr, "%s aims at class %d; evaluate attacks without a target.\n",
                   options.experiment.c_str(), *experiment->target);
    }
  }
  if (options.dataset.empty()) {
    return Error{"--dataset is missing: expected mnist, gtsrb or another name"};
  }
  if (options.attacks.empty()) options.attacks = "clean";
  options.seed = options.given_seed.value_or(0);
  return {};
}

Result<std::vector<Plan>> make_plans(const Options& options) {
  std::vector<Plan> plans;
  std::vector<const AttackEntry*> attacks;
  std::istringstream names(options.attacks);
  for (std::string name; std::getline(names, name, ',');) {
    if (name == "clean") {
      plans.push_back({true, {}});
      continue;
    }
    const auto attack = require_attack(name);
    if (!attack) return attack.error();
    if (!(*attack)->untargeted) {
      return Error{"--attacks names " + name +
                   ", which needs target classes: use signflip attack --targets"};
    }
    auto parameters = options.parameters.parameters(**attack);
    if (!parameters) return parameters.error();
    attacks.push_back(*attack);
    plans.push_back({false, {*attack, std::move(*parameters), options.seed}});
  }
  if (plans.empty()) return Error{"--attacks names no attack, expected clean or " + attack_names()};
  const Status used = options.parameters.check_all_used(attacks);
  if (!used) return used.error();
  return plans;
}

Status run(Options& options) {
  const Status writable = check_output("--json", options.json);
  if (!writable) return writable;
  const Status complete = apply_experiment(options);
  if (!complete) return complete;
  const auto plans = make_plans(options);
  if (!plans) return plans.error();
  const auto device = open_device(options.device);
  if (!device) return device.error();
  const Status loaded = options.target.load();
  if (!loaded) return loaded;
  const Sequential& network = options.target.network();
  const Split split = options.split == "train" ? Split::train : Split::test;
  const auto dataset = load_dataset_for(options.dataset, options.data, split, options.limit);
  if (!dataset) return dataset.error();
  if (dataset->image != network.input_shape() || dataset->classes != network.classes()) {
    return Error{"the model takes images of " + to_string(network.input_shape()) + " in " +
                 std::to_string(network.classes()) + " classes, but " + options.dataset + " has " +
                 to_string(dataset->image) + " in " + std::to_string(dataset->classes)};
  }

  const DifferentiableModel& judge = options.target.judge();
  const DifferentiableModel* crafted_on = &options.target.seen();
  std::optional<LoadedModel> source;
  if (!options.from.empty()) {
    auto from = load_model_from(options.from);
    if (!from) return from.error();
    source.emplace(std::move(*from));
    crafted_on = &source->file.network;
    if (crafted_on->input_shape() != network.input_shape() ||
        crafted_on->classes() != network.classes()) {
      return Error{"--from is " + options.from + ", which takes images of " +
                   to_string(crafted_on->input_shape()) + " in " +
                   std::to_string(crafted_on->classes()) + " classes, but the model takes " +
                   to_string(network.input_shape()) + " in " + std::to_string(network.classes())};
    }
  }

  for (const Plan& plan : *plans) {
    if (plan.clean || !*device) continue;
    const Status fits = check_device(*crafted_on, plan.request);
    if (!fits) return fits;
  }
  ThreadPool pool(options.threads);
  const Tensor images = dataset->tensor(0, dataset->count());
  std::vector<EvaluationRow> rows;
  for (const Plan& plan : *plans) {
    if (plan.clean) {
      ProgressBar bar("clean", "images");
      auto row = evaluate_clean(judge, images, dataset->labels, pool, bar.callback());
      if (!row) return row.error();
      rows.push_back(std::move(*row));
      continue;
    }
    ProgressBar bar(std::string(plan.request.attack->name), "images",
                    static_cast<double>(kProgressPerImage));
    const auto outcome = run_attack_with(device->get(), *crafted_on, judge, plan.request, images,
                                         dataset->labels, {}, pool, bar.callback());
    if (!outcome) return outcome.error();
    rows.push_back(summarise(plan.request, *outcome, dataset->labels, network.classes()));
  }
  if (rows.size() > 1) rows.push_back(worst_of(rows));

  OrderedJson json = {{"signflip", SIGNFLIP_VERSION}};
  options.target.describe(json);
  if (source) json["from"] = describe(*source);
  json["dataset"] = {
      {"name", dataset->name}, {"split", options.split}, {"count", dataset->count()}};
  json["seed"] = options.seed;
  json["results"] = OrderedJson::array();
  for (const EvaluationRow& row : rows) json["results"].push_back(to_json(row));
  print_result(format_table(rows), options.json);
  return write_json(options.json, json);
}

}  // namespace

void add_evaluate(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* const command =
      add_command(app, "evaluate", "Accuracy on a dataset, clean and under attacks",
                  "signflip evaluate --model models/mnist-mixed.safetensors --dataset mnist \\\n"
                  "    --attacks clean,fgsm,mim --epsilon 0.25 --json result.json\n"
                  "  signflip evaluate --experiment signflip-mnist-mim.json --limit 1000");
  options->target.add_to(*command);
  options->target.make_model_optional();
  command->add_option("--experiment", options->experiment,
                      "JSON that the page saved: its model, dataset, attack, parameters and seed, "
                      "where they are not given here; of several models it names the first");
  command->add_option("--dataset", options->dataset, "mnist, gtsrb or another name");
  command->add_option("--data", options->data,
                      "its folder (default: $SIGNFLIP_DATA/NAME, then ./data/NAME)");
  command->add_option("--split", options->split)
      ->check(CLI::IsMember({"train", "test"}))
      ->capture_default_str();
  command->add_option("--limit", options->limit, "use the first N images; 0: all")
      ->capture_default_str();
  command->add_option("--attacks", options->attacks, "list of clean, " + attack_names())
      ->default_str("clean");
  command->add_option("--from", options->from, "craft on this model instead (transfer)");
  command->add_option("--seed", options->given_seed, "of the attacks' random numbers")
      ->default_str("0");
  add_json_option(*command, options->json);
  add_device_option(*command, options->device);
  add_threads_option(*command, options->threads);
  options->parameters.add_to(*command);
  command->callback([options, &context] { context.run = [options] { return run(*options); }; });
}

}  // namespace signflip::cli
