#include "evaluate_options.h"

#include <algorithm>

#include "csv_output.h"
#include "experiment.h"
#include "option_values.h"

namespace signflip::cli {
namespace {

/// Fills what the command line leaves open from the experiment's file, and says which models are to
/// be measured.
Result<std::vector<Subject>> apply_experiment(EvaluateOptions& options) {
  const auto experiment = read_experiment(options.experiment);
  if (!experiment) return experiment.error();
  // Models of the command line take the place of all that the file names.
  std::vector<Target> targets = options.target.one_for_each();
  const bool own = !targets.empty();
  if (!own) targets.assign(experiment->models.size(), options.target);
  std::vector<Subject> subjects;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const ExperimentModel& model = experiment->models[own ? 0 : i];
    Subject& subject = subjects.emplace_back(Subject{targets[i], options.source});
    subject.target.suggest(model.model, model.front, model.gray_box);
    if (!subject.source.has_model()) {
      subject.source.suggest(model.from, model.from_front, false);
    }
  }
  if (options.dataset.empty()) options.dataset = experiment->dataset;
  if (options.seeds.empty() && experiment->seed) options.seeds = {*experiment->seed};
  // Another list of attacks has other parameters, and perhaps no goal.
  if (options.attacks.empty() && !experiment->attack.empty()) {
    options.attacks = "clean," + experiment->attack;
    if (!options.goal) options.goal = experiment->target;
    for (const auto& [name, text] : experiment->parameters) {
      const Status known = options.parameters.suggest(name, text);
      if (!known) return Error{options.experiment + ": " + known.error().message};
    }
  }
  return subjects;
}

}  // namespace

Result<std::vector<Subject>> find_subjects(EvaluateOptions& options) {
  std::vector<Subject> subjects;
  if (!options.experiment.empty()) {
    auto applied = apply_experiment(options);
    if (!applied) return applied;
    subjects = std::move(*applied);
  } else {
    for (Target& target : options.target.one_for_each()) {
      subjects.push_back({std::move(target), options.source});
    }
    if (subjects.empty()) subjects.push_back({options.target, options.source});
  }
  if (options.dataset.empty()) {
    return Error{"--dataset is missing: expected mnist, gtsrb or another name"};
  }
  if (options.attacks.empty()) options.attacks = "clean";
  if (options.seeds.empty()) options.seeds = {0};
  return subjects;
}

Status check_used(const EvaluateOptions& options, std::span<const Plan> plans) {
  const bool attacks = !std::ranges::all_of(plans, &Plan::clean);
  const bool random = std::ranges::any_of(plans, [](const Plan& plan) {
    return !plan.clean && is_random(*plan.request.attack, plan.request.parameters);
  });
  const bool file = !options.json.empty() && options.json != "-";
  const Requirement requirements[] = {
      {"--restart", file, "--json and a file"},
      {"--seed", random || (options.limit > 0 && options.seeds.size() == 1),
       "attacks that draw random numbers, or, a single one, with --limit"},
      {"--target", attacks, "attacks"},
      {"--from", attacks, "attacks"},
      {"--transform-gradient", attacks && !options.source.has_model(),
       "attacks that are crafted on the model itself"},
      {"--gray-box", attacks && !options.source.has_model(),
       "attacks that are crafted on the model itself"}};
  return check_effects(options.command, requirements);
}

Command add_evaluate_command(const Command& app, EvaluateOptions& options) {
  const Command command = app.add_command(
      "evaluate", "Accuracy on a dataset, clean and under attacks",
      "signflip evaluate --model models/mnist-mixed.safetensors --dataset mnist \\\n"
      "    --attacks clean,fgsm,mim --epsilon 0.25 --json mixed.json\n"
      "  signflip evaluate --model models/mnist-mixed.safetensors --dataset mnist \\\n"
      "    --attacks all --epsilon 0:0.3:4 --limit 100\n"
      "  signflip evaluate --experiment signflip-mnist-mim.json --limit 1000");
  options.command = command;
  options.target.add_several_to(command);
  command.add_option(
      "--experiment", options.experiment,
      "JSON that the page saved: its models, dataset, attack, parameters, target and "
      "seed, where they are not given here; of several models --json writes a "
      "list with an entry for each");
  command.add_option("--dataset", options.dataset, "mnist, gtsrb or another name");
  command.add_option("--data", options.data,
                     "its folder (default: $SIGNFLIP_DATA/NAME, then ./data/NAME)");
  command.add_option("--split", options.split).one_of({"train", "test"}).shows_default();
  add_limit_option(command, options.limit);
  command.add_option("--attacks", options.attacks,
                     "list of clean, " + attack_names() +
                         "; all: clean and every one that suits (default: clean)");
  command.add_option("--target", options.goal,
                     "aim at this class; images that are of it already are left out");
  options.source.add_source_to(command);
  command
      .add_option("--seed", options.seeds,
                  "of the attacks' random numbers and of --limit (default: 0); of a list, 1,2,3, "
                  "each attack runs with each, and --limit takes the first")
      .separated_by(',')
      .takes_one_each();
  command.add_flag("--per-class", options.per_class, "print the accuracy of each class, too");
  add_json_option(command, options.json);
  add_csv_option(command, options.csv);
  command.add_flag("--restart", options.restart,
                   "begin anew where the file of --json holds an unfinished run, which is else "
                   "gone on with");
  add_device_option(command, options.device);
  add_threads_option(command, options.threads);
  options.parameters.add_to(command, true);
  return command;
}

}  // namespace signflip::cli
