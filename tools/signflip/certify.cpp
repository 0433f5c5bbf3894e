// signflip certify: for how many images of a dataset interval bounds prove that no perturbation
// within epsilon changes the class, and how far such proofs reach.
#include "certify/certify.h"

#include <cstdio>
#include <memory>

#include "command.h"
#include "core/number.h"
#include "data/class_names.h"

namespace signflip::cli {
namespace {

struct Options {
  std::string model, dataset, data, split = "test", epsilon, json;
  std::size_t limit = 0;
  bool no_radii = false;
  int threads = 0;
};

/// "0.1" or "8/255", from 0 to 1.
Result<double> radius_from(const std::string& text) {
  const std::size_t slash = text.find('/');
  const auto above = parse_decimal(text.substr(0, slash));
  const auto below =
      slash == std::string::npos ? std::optional(1.0) : parse_decimal(text.substr(slash + 1));
  if (above && below && *below > 0.0 && *above >= 0.0 && *above <= *below) return *above / *below;
  return Error{"--epsilon is " + text + ", expected a number from 0 to 1, such as 0.1 or 8/255"};
}

OrderedJson to_json(const CertifyRequest& request, const Certificates& certificates) {
  const CertifiedFigures figures = summarise(certificates);
  OrderedJson row = {{"method", "ibp"},
                     {"norm", "linf"},
                     {"epsilon", request.epsilon},
                     {"count", certificates.correct.size()},
                     {"accuracy", figures.accuracy},
                     {"verified_accuracy", figures.verified_accuracy}};
  if (!certificates.radius.empty()) {
    row["mean_radius"] = figures.mean_radius;
    row["median_radius"] = figures.median_radius;
  }
  row["seconds"] = certificates.seconds;
  return row;
}

std::string format_table(const CertifyRequest& request, const Certificates& certificates) {
  const CertifiedFigures figures = summarise(certificates);
  const bool searched = !certificates.radius.empty();
  char line[160];
  std::string text = "method   epsilon    clean  verified";
  text += searched ? "  mean radius  median radius   seconds\n" : "   seconds\n";
  std::snprintf(line, sizeof line, "ibp     %8.4g %7.2f%% %8.2f%%", request.epsilon,
                100.0 * figures.accuracy, 100.0 * figures.verified_accuracy);
  text += line;
  if (searched) {
    std::snprintf(line, sizeof line, " %12.5f %14.5f", figures.mean_radius, figures.median_radius);
    text += line;
  }
  std::snprintf(line, sizeof line, " %9.2f\n", certificates.seconds);
  return text + line;
}

Status run(const Options& options) {
  const Status writable = check_output("--json", options.json);
  if (!writable) return writable;
  const auto epsilon = radius_from(options.epsilon);
  if (!epsilon) return epsilon.error();
  const auto model = load_model_from(options.model);
  if (!model) return model.error();
  const Sequential& network = model->file.network;
  if (network.architecture().classes.empty()) {
    return Error{"--model is " + options.model +
                 ", which is a denoiser: certificates are about classes, name a classifier"};
  }
  const Split split = options.split == "train" ? Split::train : Split::test;
  const auto dataset = load_dataset_for(options.dataset, options.data, split, options.limit);
  if (!dataset) return dataset.error();
  if (dataset->image != network.input_shape() || dataset->classes != network.classes()) {
    return Error{"the model takes images of " + to_string(network.input_shape()) + " in " +
                 std::to_string(network.classes()) + " classes, but " + options.dataset + " has " +
                 to_string(dataset->image) + " in " + std::to_string(dataset->classes)};
  }

  const Status same = check_same_classes("the model", network.architecture().classes, *dataset);
  if (!same) return same;

  ThreadPool pool(options.threads);
  const CertifyRequest request{*epsilon, options.no_radii ? 0.0 : 1.0};
  ProgressBar bar("certify", "images");
  const auto certificates = certify(network, request, dataset->tensor(0, dataset->count()),
                                    dataset->labels, pool, bar.callback());
  if (!certificates) return certificates.error();
  bar.finish();

  const OrderedJson json = {
      {"signflip", SIGNFLIP_VERSION},
      {"model", describe(*model)},
      {"dataset", {{"name", dataset->name}, {"split", options.split}, {"count", dataset->count()}}},
      {"results", OrderedJson::array({to_json(request, *certificates)})}};
  print_result(format_table(request, *certificates), options.json);
  return write_json(options.json, json);
}

}  // namespace

void add_certify(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* const command = add_command(
      app, "certify",
      "Verified accuracy: where interval bounds (IBP) prove that no perturbation within epsilon "
      "(L∞) changes the class, and the mean and median radius that they prove for correctly "
      "classified images",
      "signflip certify --model models/mnist-mixed.safetensors --dataset mnist --epsilon 0.1 \\\n"
      "    --json certified.json");
  command->add_option("--model", options->model, "model file (.safetensors)")->required();
  command->add_option("--dataset", options->dataset, "mnist, gtsrb or another name")->required();
  command->add_option("--data", options->data,
                      "its folder (default: $SIGNFLIP_DATA/NAME, then ./data/NAME)");
  command->add_option("--epsilon", options->epsilon, "L∞ radius, pixels in [0,1]: 0.1, or 8/255")
      ->required();
  command->add_option("--split", options->split)
      ->check(CLI::IsMember({"train", "test"}))
      ->capture_default_str();
  command->add_option("--limit", options->limit, "use the first N images; 0: all")
      ->capture_default_str();
  command->add_flag("--no-radii", options->no_radii,
                    "leave out the search for radii, which takes most of the time");
  add_json_option(*command, options->json);
  add_threads_option(*command, options->threads);
  command->callback([options, &context] { context.run = [options] { return run(*options); }; });
}

}  // namespace signflip::cli
