// signflip certify: for how many images of a dataset interval or linear bounds prove that no
// perturbation within epsilon changes the class, and how far such proofs reach.
#include "certify/certify.h"

#include <cstdio>
#include <memory>

#include "certify/linear_pass.h"
#include "command.h"
#include "core/number.h"
#include "csv_output.h"
#include "evaluate/interval.h"
#include "option_values.h"
#include "outputs.h"
#include "plans.h"

namespace signflip::cli {
namespace {

struct CertifyOptions {
  std::string model, dataset, data, split = "test", bound = "ibp", epsilon, json, csv;
  std::size_t limit = 0;
  std::uint64_t seed = 0;
  bool no_radii = false;
  int threads = 0;
  Command command;  ///< says which options were given
};

/// The radii that --epsilon names, each from 0 to 1.
Result<std::vector<double>> radii_from(const std::string& text) {
  const auto wrong = [](const std::string& value) {
    return Error{
        "--epsilon is " + value +
        ", expected a number from 0 to 1, such as 0.1 or 8/255, a list or a range of them"};
  };
  const auto values = epsilon_values(text);
  if (!values) return wrong(text);
  std::vector<double> radii;
  for (const std::string& value : *values) {
    const auto radius = parse_number(value);
    if (!radius || *radius < 0.0 || *radius > 1.0) return wrong(value);
    radii.push_back(*radius);
  }
  return radii;
}

/// As tables and files call it.
std::string method_of(const CertifyRequest& request) {
  return request.bounds == linear_margins ? "crown" : "ibp";
}

OrderedJson certificates_json(const CertifyRequest& request, const Certificates& certificates) {
  const CertifiedFigures figures = summarise(certificates);
  const auto interval = [&](double fraction) -> OrderedJson {
    const auto [low, high] = confidence_interval(fraction, certificates.correct.size());
    return {low, high};
  };
  OrderedJson row = {{"method", method_of(request)},
                     {"norm", "linf"},
                     {"epsilon", request.epsilon},
                     {"count", certificates.correct.size()},
                     {"accuracy", figures.accuracy},
                     {"accuracy_interval", interval(figures.accuracy)},
                     {"verified_accuracy", figures.verified_accuracy},
                     {"verified_accuracy_interval", interval(figures.verified_accuracy)}};
  if (!certificates.radius.empty()) {
    row["mean_radius"] = figures.mean_radius;
    row["median_radius"] = figures.median_radius;
  }
  row["seconds"] = certificates.seconds;
  return row;
}

std::string certificate_header(bool searched) {
  return std::string("method   epsilon    clean  verified") +
         (searched ? "  mean radius  median radius   seconds" : "   seconds") +
         "  95% interval of verified\n";
}

std::string certificate_line(const CertifyRequest& request, const Certificates& certificates) {
  const CertifiedFigures figures = summarise(certificates);
  char line[160];
  std::snprintf(line, sizeof line, "%-7s %8.4g %7.2f%% %8.2f%%", method_of(request).c_str(),
                request.epsilon, 100.0 * figures.accuracy, 100.0 * figures.verified_accuracy);
  std::string text = line;
  if (!certificates.radius.empty()) {
    std::snprintf(line, sizeof line, " %12.5f %14.5f", figures.mean_radius, figures.median_radius);
    text += line;
  }
  const auto [low, high] =
      confidence_interval(figures.verified_accuracy, certificates.correct.size());
  std::snprintf(line, sizeof line, " %9.2f  %6.2f–%.2f%%\n", certificates.seconds, 100.0 * low,
                100.0 * high);
  return text + line;
}

Status run(const CertifyOptions& options) {
  const Output outputs[] = {json_output(options.json), csv_output(options.csv)};
  const Status writable = check_outputs(outputs);
  if (!writable) return writable;
  const Requirement requirements[] = {{"--seed", options.limit > 0, "--limit"}};
  const Status used = check_effects(options.command, requirements);
  if (!used) return used;
  const auto radii = radii_from(options.epsilon);
  if (!radii) return radii.error();
  const auto model = load_model_from(options.model);
  if (!model) return model.error();
  const Sequential& network = model->file.network;
  if (network.architecture().classes.empty()) {
    return Error{"--model is " + options.model +
                 ", which is a denoiser: certificates are about classes, name a classifier"};
  }
  if (network.classes() < 2) {
    return Error{"--model is " + options.model +
                 ", which has one class: there is nothing to prove"};
  }
  const Split split = options.split == "train" ? Split::train : Split::test;
  const auto dataset = load_dataset_for(options.dataset, options.data, split, options.limit,
                                        options.seed, picture_size(network.input_shape()));
  if (!dataset) return dataset.error();
  const Status suits = check_suits("the model", network, *dataset);
  if (!suits) return suits;

  ThreadPool pool(options.threads);
  const Tensor images = dataset->tensor(0, dataset->count());
  OrderedJson json = {
      {"signflip", SIGNFLIP_VERSION},
      {"model", describe(*model)},
      {"dataset", describe_images(*dataset, options.split, options.limit, options.seed)},
      {"results", OrderedJson::array()}};
  if (options.limit > 0) json["seed"] = options.seed;
  print_result(certificate_header(!options.no_radii), options.json);
  std::vector<double> searched;  // how far proofs reach does not depend on epsilon
  const bool crown = options.bound == "crown";
  for (const double epsilon : *radii) {
    const CertifyRequest request{epsilon, options.no_radii || !searched.empty() ? 0.0 : 1.0,
                                 crown ? linear_margins : interval_margins, crown ? 1 : kShard};
    ProgressBar bar("certify", "images");
    auto certificates = certify(network, request, images, dataset->labels, pool, bar.callback());
    if (!certificates) return certificates.error();
    bar.finish();
    if (searched.empty()) searched = certificates->radius;
    certificates->radius = searched;
    json["results"].push_back(certificates_json(request, *certificates));
    print_result(certificate_line(request, *certificates), options.json);
  }
  const Status written = write_json(options.json, json);
  if (!written) return written;
  return write_csv(options.csv, json);
}

}  // namespace

void add_certify(const Command& app, Context& context) {
  auto options = std::make_shared<CertifyOptions>();
  const Command command = app.add_command(
      "certify",
      "Verified accuracy: where interval bounds (IBP) or linear ones prove that no perturbation "
      "within epsilon (L∞) changes the class, and the mean and median radius that they prove for "
      "correctly classified images",
      "signflip certify --model models/mnist-mixed.safetensors --dataset mnist \\\n"
      "    --epsilon 0:0.1:3 --json certified.json\n"
      "  signflip certify --model models/mnist-certified.safetensors --dataset mnist \\\n"
      "    --epsilon 0.3 --limit 1000 --no-radii\n"
      "  signflip certify --model models/mnist-robust.safetensors --dataset mnist \\\n"
      "    --epsilon 0.01 --bound crown --limit 200");
  options->command = command;
  command.add_option("--model", options->model, "model file (.safetensors)").required();
  command.add_option("--dataset", options->dataset, "mnist, gtsrb or another name").required();
  command.add_option("--data", options->data,
                     "its folder (default: $SIGNFLIP_DATA/NAME, then ./data/NAME)");
  command
      .add_option("--epsilon", options->epsilon,
                  "L∞ radius, pixels in [0,1]: 0.1 or 8/255, a list of them (0.1,8/255) or a range "
                  "from, to and count (0:0.3:7)")
      .type_name("RADII")
      .required();
  command
      .add_option("--bound", options->bound,
                  "what proves: intervals (ibp), or linear bounds over them (crown), tighter where "
                  "a model was not trained on intervals, at a second or more an image")
      .one_of({"ibp", "crown"})
      .shows_default();
  command.add_option("--split", options->split).one_of({"train", "test"}).shows_default();
  add_limit_option(command, options->limit);
  command.add_option("--seed", options->seed, "of --limit").shows_default();
  command.add_flag("--no-radii", options->no_radii,
                   "leave out the search for radii, which takes most of the time");
  add_json_option(command, options->json);
  add_csv_option(command, options->csv);
  add_threads_option(command, options->threads);
  command.when_given([options, &context] { context.run = [options] { return run(*options); }; });
}

}  // namespace signflip::cli
