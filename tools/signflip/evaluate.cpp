// signflip evaluate: accuracy of a model on a dataset, clean and under attacks.
#include <algorithm>

#include "csv_output.h"
#include "data/sample.h"
#include "evaluate/saved_row.h"
#include "evaluate_options.h"
#include "evaluate_text.h"
#include "outputs.h"
#include "partial_results.h"

namespace signflip::cli {
namespace {

using Options = EvaluateOptions;

/// The images under attack. Those of the goal's class are there already, and left out.
Result<Dataset> load_split(const Options& options, ImageShape shape) {
  const Split split = options.split == "train" ? Split::train : Split::test;
  auto dataset = load_dataset_for(options.dataset, options.data, split, options.limit,
                                  options.seeds[0], picture_size(shape));
  if (!dataset || !options.goal) return dataset;
  if (*options.goal < 0 || *options.goal >= dataset->classes) {
    return Error{"the target is class " + std::to_string(*options.goal) + ", but " +
                 options.dataset + " has the classes 0 to " + std::to_string(dataset->classes - 1)};
  }
  std::vector<std::uint32_t> others;
  const std::size_t all = dataset->count();
  for (std::uint32_t n = 0; n < all; ++n) {
    if (dataset->labels[n] != *options.goal) others.push_back(n);
  }
  const std::size_t kept = others.size();
  if (kept == 0) {
    return Error{"all images are of class " + std::to_string(*options.goal) +
                 ", which the attacks aim at: expected others, too"};
  }
  keep_images(*dataset, others);
  if (kept < all) {
    say("left out " + std::to_string(all - kept) + " images that are of class " +
        std::to_string(*options.goal) + " already");
  }
  return dataset;
}

/// An error where the images do not suit the model, or the model that attacks look at.
Status check_fit(const Subject& subject, const Dataset& dataset) {
  const Status suits = check_suits("the model", subject.target.network(), dataset);
  if (!suits || !subject.source.has_model()) return suits;
  return check_suits("--from is " + subject.source.title() + ", which", subject.source.network(),
                     dataset);
}

/// What all models are measured with.
struct Course {
  const Options& options;
  const std::vector<Plan>& plans;
  const Dataset& dataset;
  device::Device* device;
  ThreadPool& pool;
  PartialResults& results;
  bool with_epsilon;          ///< the table has a column for it
  std::vector<double> radii;  ///< of --epsilon

  void print(const std::string& text) const { print_result(text, options.json); }
};

/// One model under all attacks.
class Measurement {
 public:
  Measurement(const Subject& subject, std::size_t number, const Course& course)
      : subject_(subject),
        number_(number),
        course_(course),
        images_(course.dataset.tensor(0, course.dataset.count())),
        targets_(course.options.goal ? course.dataset.count() : 0,
                 course.options.goal.value_or(0)) {}

  /// Measures what an interrupted run left open. Each row is printed and written as it is done.
  Status run() {
    course_.print(table_header(course_.with_epsilon));
    for (std::size_t i = 0; i < course_.plans.size(); ++i) {
      const Plan& plan = course_.plans[i];
      std::optional<EvaluationRow> row;
      if (const auto stored = course_.results.stored(number_, i)) {
        row = restore_row(plan.clean ? nullptr : &plan.request, stored->result, stored->images,
                          labels(), classes());
      }
      if (!row) {
        auto measured = measure(plan);
        if (!measured) return measured.error();
        row = std::move(*measured);
      }
      if (plan.names_seed) row->seed = plan.request.seed;
      course_.print(table_line(*row, course_.with_epsilon));
      const Status added =
          course_.results.add(to_json(*row, labels(), judged_at(*row)), images_to_json(*row));
      if (!added) return added;
      rows_.push_back(std::move(*row));
    }
    summarise_worst();
    return {};
  }

 private:
  const std::vector<int>& labels() const { return course_.dataset.labels; }
  int classes() const { return subject_.target.network().classes(); }
  const DifferentiableModel& judge() const { return subject_.target.judge(); }
  const DifferentiableModel& crafted_on() const {
    return subject_.source.has_model() ? subject_.source.judge() : subject_.target.seen();
  }

  Result<EvaluationRow> measure(const Plan& plan) {
    if (plan.clean) {
      ProgressBar bar("clean", "images");
      return evaluate_clean(judge(), images_, labels(), course_.pool, bar.callback());
    }
    const Status found = find_classes_before();
    if (!found) return found.error();
    ProgressBar bar(std::string(plan.request.attack->name), "images",
                    static_cast<double>(kProgressPerImage));
    const auto outcome = run_attack_with(course_.device, crafted_on(), judge(), plan.request,
                                         images_, labels(), targets_, course_.pool, bar.callback());
    if (!outcome) return outcome.error();
    EvaluationRow row = summarise(plan.request, *outcome, labels(), targets_, before_, classes());
    const auto confidences = confidences_of(judge(), outcome->adversarial, course_.pool);
    for (std::size_t n = 0; n < confidences.size(); ++n) {
      row.images[n].confidence = confidences[n];
    }
    return row;
  }

  /// The radii at which an attack without a budget is judged: those of the others' budgets, or
  /// where there are none those of --epsilon in its own norm.
  std::vector<Budget> judged_at(const EvaluationRow& row) const {
    std::vector<Budget> budgets = budgets_of(course_.plans);
    if (budgets.empty() && row.norm != "l0") {
      for (const double epsilon : course_.radii) budgets.push_back({row.norm, epsilon});
    }
    return budgets;
  }

  /// What a targeted attack finds: images of its class are left alone.
  Status find_classes_before() {
    if (targets_.empty() || !before_.empty()) return {};
    const auto clean = evaluate_clean(judge(), images_, labels(), course_.pool);
    if (!clean) return clean.error();
    for (const ImageFigures& image : clean->images) before_.push_back(image.predicted);
    return {};
  }

  void summarise_worst() {
    std::vector<EvaluationRow> worst =
        worst_rows(rows_, labels(), course_.options.goal.has_value(), classes());
    for (EvaluationRow& row : worst) {
      course_.print(table_line(row, course_.with_epsilon));
      course_.results.add_summary(to_json(row, labels()));
      rows_.push_back(std::move(row));
    }
    std::string notes = table_notes(rows_) + goal_lines(rows_, course_.options.goal);
    for (const EvaluationRow& row : rows_) notes += radius_lines(row, labels(), judged_at(row));
    if (course_.options.per_class) {
      notes += class_table(rows_, labels(), course_.dataset.class_names);
    }
    course_.print(notes);
  }

  const Subject& subject_;
  std::size_t number_;
  const Course& course_;
  Tensor images_;
  std::vector<int> targets_, before_;
  std::vector<EvaluationRow> rows_;
};

/// The subject's title, with the model's path where another has the same title.
std::string heading(const Subject& subject, const std::vector<Subject>& all) {
  const std::string title = subject.target.title();
  const auto alike = std::ranges::count_if(
      all, [&](const Subject& other) { return other.target.title() == title; });
  return alike > 1 ? title + " (" + subject.target.model_path() + ")" : title;
}

/// What results say beside the rows.
OrderedJson describe(const Subject& subject, const Dataset& dataset, const Options& options) {
  OrderedJson json = {{"signflip", SIGNFLIP_VERSION}};
  subject.target.describe(json);
  if (subject.source.has_model()) subject.source.describe_source(json);
  json["dataset"] = describe_images(dataset, options.split, options.limit, options.seeds[0]);
  json["classes"] = dataset.class_names;
  if (options.seeds.size() == 1) {
    json["seed"] = options.seeds[0];
  } else {
    json["seeds"] = options.seeds;
  }
  if (options.goal) {
    json["targeted"] = true;
    json["target"] = *options.goal;
  }
  return json;
}

/// Everything that decides the results, for a run that goes on from another.
OrderedJson describe_run(const std::vector<Subject>& subjects, const std::vector<Plan>& plans,
                         const Dataset& dataset, const Options& options) {
  OrderedJson json = {{"device", options.device}, {"limit", options.limit}};
  for (const Subject& subject : subjects) {
    json["models"].push_back(describe(subject, dataset, options));
  }
  for (const auto& file : dataset.files) json["data"][file.name] = file.md5;
  for (const Plan& plan : plans) json["attacks"].push_back(to_json(plan));
  return json;
}

/// What is done of a run that was stopped.
Error stopped(const std::vector<Subject>& subjects, const Course& course, std::size_t done) {
  const std::string& file = course.options.json;
  const bool kept = !file.empty() && file != "-";
  return {"stopped; " + std::to_string(done) + " of " +
          std::to_string(subjects.size() * course.plans.size()) + " results are " +
          (kept ? "in " + file + ", and the same command goes on from there" : "done")};
}

/// Before hours of work go into the first model: all of them load, fit the images and can be
/// attacked.
Status prepare(std::vector<Subject>& subjects, const Course& course) {
  for (const Subject& subject : subjects) {
    const Status fits = check_fit(subject, course.dataset);
    if (!fits) return fits;
    const DifferentiableModel& crafted_on =
        subject.source.has_model() ? subject.source.judge() : subject.target.seen();
    for (const Plan& plan : course.plans) {
      if (plan.clean || course.device == nullptr) continue;
      const Status runs = check_device(crafted_on, plan.request);
      if (!runs) return runs;
    }
  }
  return {};
}

Status run(Options& options) {
  const Output outputs[] = {json_output(options.json), csv_output(options.csv)};
  const Status writable = check_outputs(outputs);
  if (!writable) return writable;
  auto subjects = find_subjects(options);
  if (!subjects) return subjects.error();
  const auto plans = make_plans(options.attacks, options.parameters, options.goal, options.seeds);
  if (!plans) return plans.error();
  const Status used = check_used(options, *plans);
  if (!used) return used;
  const auto device = open_device(options.device);
  if (!device) return device.error();
  for (Subject& subject : *subjects) {
    Status loaded = subject.target.load();
    if (loaded && subject.source.is_given()) loaded = subject.source.load();
    if (!loaded) return loaded;
  }
  const auto dataset = load_split(options, subjects->front().target.network().input_shape());
  if (!dataset) return dataset.error();
  auto results =
      PartialResults::open(options.json, describe_run(*subjects, *plans, *dataset, options),
                           subjects->size(), options.restart);
  if (!results) return results.error();

  const auto radii = epsilons_of(options.parameters);
  if (!radii) return radii.error();
  ThreadPool pool(options.threads);
  const Course course{
      options, *plans, *dataset, device->get(), pool, *results, differ_in_epsilon(*plans), *radii};
  const Status prepared = prepare(*subjects, course);
  if (!prepared) return prepared;
  if (results->stored_count() > 0) {
    say("going on after " + std::to_string(results->stored_count()) + " results of " +
        options.json);
  }
  for (std::size_t i = 0; i < subjects->size(); ++i) {
    const Subject& subject = (*subjects)[i];
    if (subjects->size() > 1)
      course.print((i == 0 ? "" : "\n") + heading(subject, *subjects) + "\n");
    results->begin(describe(subject, *dataset, options));
    const Status measured = Measurement(subject, i, course).run();
    if (!measured && stop_requested()) return stopped(*subjects, course, results->count());
    if (!measured) return measured;
  }
  const Status finished = results->finish();
  if (!finished) return finished;
  return write_csv(options.csv, results->whole());
}

}  // namespace

void add_evaluate(const Command& app, Context& context) {
  auto options = std::make_shared<Options>();
  const Command command = add_evaluate_command(app, *options);
  command.when_given([options, &context] { context.run = [options] { return run(*options); }; });
}

}  // namespace signflip::cli
