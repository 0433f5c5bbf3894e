// What a report is made of: results of evaluate, attack and certify, and logs of train, as read
// from their files. The files come from anywhere: everything here has been checked, but every text
// in it is still untrusted and must be escaped.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"

namespace signflip::report {

/// Names and values as the file gives them, in its order.
using TextPairs = std::vector<std::pair<std::string, std::string>>;

struct ModelReference {
  std::string file, sha256;  ///< either may be empty
  std::optional<double> parameters;
};

/// How confident a model is, and how often it is right then: bins that have images.
struct Calibration {
  struct Bin {
    double count, confidence, accuracy;
  };
  double expected_error = 0.0;
  std::vector<Bin> bins;
};

/// One entry of "results" of evaluate or attack. Fractions lie in [0,1].
struct AttackResult {
  std::string attack;  ///< "clean", "worst" or the name of an attack, known or not
  std::string norm;    ///< "linf", "l2", "l0", something else, or empty
  std::optional<double> epsilon;
  std::optional<std::uint64_t> seed;   ///< of this row, where the file has several
  TextPairs parameters;                ///< all scalars that are not figures
  std::vector<std::string> automatic;  ///< parameters that the attack chose itself
  double accuracy = 0.0;
  std::optional<double> accuracy_8bit, loss, success_rate;
  std::optional<double> successes, failures;          ///< of the images that were attacked
  std::optional<double> mean_l0, mean_l2, mean_linf;  ///< over the successes
  std::optional<double> max_linf;                     ///< over all images
  std::optional<double> gradients, queries, seconds;
  std::optional<double> without_class;  ///< images whose logits are not all numbers
  std::string disagreement;             ///< of its figures with one another: a sentence, or empty
  std::string correct;  ///< one '0' or '1' per image, '1': still its label; or empty
  std::vector<std::vector<std::uint64_t>> confusion;  ///< square: [label][predicted]; or empty
  /// Images of each class, with those whose logits are not all numbers, which confusion leaves out;
  /// empty where the file does not say.
  std::vector<std::uint64_t> class_counts;
  std::optional<Calibration> calibration;
  std::vector<double> distances;  ///< of an attack without a budget: norms of its successes

  /// How many images a class has, which is one of confusion's rows.
  std::uint64_t images_of(std::size_t label) const;
  /// The value of a parameter, or "".
  std::string_view parameter(std::string_view name) const;
  /// Whether the attack chose this parameter itself.
  bool chose(std::string_view name) const;
};

/// One entry of "results" of certify.
struct Certificate {
  std::string method, norm;
  double epsilon = 0.0;
  std::optional<double> accuracy;
  double verified_accuracy = 0.0;
  std::optional<double> mean_radius, median_radius, seconds;
};

/// The images that figures are of: those of other sets are not compared.
struct ImageSet {
  std::optional<std::uint64_t> count;
  std::optional<std::uint64_t> sample_seed;  ///< what drew them, where they are a part of a split
  auto operator<=>(const ImageSet&) const = default;
};

/// One file of results.
struct Measurement {
  std::string source;   ///< the file that it was read from
  std::string version;  ///< of the signflip that wrote it; may be empty
  ModelReference model;
  std::optional<ModelReference> denoiser;  ///< in front of the model
  std::optional<ModelReference> from;      ///< the images were crafted on this one
  std::string transform;                   ///< "bits:3" in front of the model, or empty
  std::string transform_gradient;          ///< "own" or "identity": what attacks took for its
  bool gray_box = false;                   ///< the attacks did not know of what is in front
  bool targeted = false;
  bool unfinished = false;  ///< the run was interrupted, or goes on
  std::string dataset, split;
  std::vector<std::string> classes;  ///< their names; may be empty
  ImageSet images;
  std::optional<std::uint64_t> seed;
  std::vector<AttackResult> results;
  std::vector<Certificate> certificates;
};

struct Epoch {
  double epoch = 0.0;  ///< from 1, ascending
  std::optional<double> loss, train_accuracy, validation_accuracy, validation_robust_accuracy;
  std::optional<double> learning_rate, seconds;
  bool undone = false;  ///< the weights went back to those before it
};

/// One log of train.
struct TrainingRun {
  std::string source;
  std::string version;
  TextPairs configuration;  ///< the first line; nested objects as "augmentation.shift"
  std::vector<Epoch> epochs;

  /// The value of an entry of the configuration, or "".
  std::string_view configured(std::string_view name) const;
};

/// One log of train --range-test.
struct RangeTest {
  struct Step {
    double learning_rate, loss;
    std::optional<double> smoothed_loss;
  };
  std::string source;
  std::vector<Step> steps;  ///< rates ascending
};

struct ReportInput {
  std::vector<Measurement> measurements;
  std::vector<TrainingRun> runs;
  std::vector<RangeTest> range_tests;
};

/// Files above this are no results of ours.
constexpr std::size_t kMaximumInputBytes = std::size_t{64} << 20;

/// Reads one file, results (of one model, or a list with those of several) or a training log, and
/// adds it to `input`. The error names the file and the place in it: it holds neither, lacks
/// something that is needed, or has a value that cannot be.
Status read_input(std::string_view text, const std::string& file, ReportInput& input);

}  // namespace signflip::report
