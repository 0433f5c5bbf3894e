// Training runs: curves, all epochs in a table, and the configuration.
#include "core/number.h"
#include "evaluate/report/format.h"
#include "evaluate/report/plot.h"
#include "evaluate/report/sections.h"

namespace signflip::report {
namespace {

using Figure = std::optional<double> Epoch::*;

Series series_of(const TrainingRun& run, const std::string& name, int style, Figure figure) {
  Series series{name, style, {}};
  for (const Epoch& epoch : run.epochs) {
    if (const auto& value = epoch.*figure) series.points.push_back({epoch.epoch, *value});
  }
  return series;
}

Plot plot(const TrainingRun& run, const std::string& title, const std::string& y_label,
          std::vector<Series> series, bool fractions = false) {
  Plot plot;
  plot.title = title + ": " + file_name(run.source);
  plot.x_label = "Epoch";
  plot.y_label = y_label;
  plot.fractions = fractions;
  plot.from_zero = plot.epochs = true;
  plot.listed = false;
  plot.series = std::move(series);
  for (const Epoch& epoch : run.epochs) {
    if (epoch.undone) plot.crossed.push_back(epoch.epoch);
  }
  plot.crossed_name = "undone: back to the weights before";
  return plot;
}

Markup epochs_table(const TrainingRun& run) {
  Table table;
  table.caption = "Every epoch: " + file_name(run.source);
  table.columns = {
      {"Epoch"},         {"Loss"}, {"Training accuracy"}, {"Validation"}, {"Robust validation"},
      {"Learning rate"}, {"Time"}, {"Remark", false}};
  auto& rows = table.groups.emplace_back().rows;
  for (const Epoch& epoch : run.epochs) {
    rows.push_back(
        {{text(count_text(epoch.epoch)), text(fixed(epoch.loss, 4)),
          text(percent(epoch.train_accuracy)), text(percent(epoch.validation_accuracy)),
          text(percent(epoch.validation_robust_accuracy)), text(short_number(epoch.learning_rate)),
          text(seconds_text(epoch.seconds)), epoch.undone ? text("undone") : Markup()},
         epoch.undone ? "undone" : ""});
  }
  return folded(text("Every epoch, as a table"), to_markup(table));
}

Markup configuration_table(const TrainingRun& run) {
  Table table;
  table.caption = "Configuration: " + file_name(run.source);
  table.columns = {{"Setting", false}, {"Value", false}};
  auto& rows = table.groups.emplace_back().rows;
  for (const auto& [name, value] : run.configuration) rows.push_back({{text(name), text(value)}});
  return folded(text("Configuration"), to_markup(table));
}

std::string summary(const TrainingRun& run) {
  double seconds = 0.0;
  bool timed = false;
  for (const Epoch& epoch : run.epochs) {
    seconds += epoch.seconds.value_or(0.0);
    timed = timed || epoch.seconds.has_value();
  }
  const std::size_t epochs = run.epochs.size();
  std::string words = "Method " + std::string(run.configured("method"));
  if (!run.configured("dataset").empty()) words += " on " + std::string(run.configured("dataset"));
  const std::string planned(run.configured("epochs"));
  words += ", " + count_text(static_cast<double>(epochs)) + " of " + planned + " epochs";
  if (timed) words += " in " + seconds_text(seconds);
  if (epochs > 0) {
    const Epoch& last = run.epochs.back();
    words += ". At the end";
    if (last.loss) words += " loss " + fixed(last.loss, 4) + ",";
    if (last.train_accuracy) words += " training accuracy " + percent(last.train_accuracy) + ",";
    const auto add = [&](const char* what, const std::optional<double>& accuracy,
                         const char* images) {
      if (!accuracy) return;
      const auto count = parse_decimal(run.configured(images));
      const std::string interval =
          count ? interval_text(accuracy, static_cast<std::uint64_t>(*count)) : "";
      words += std::string(what) + percent(accuracy) +
               (interval.empty() ? "" : " (95%: " + interval + ")") + ",";
    };
    add(" validation ", last.validation_accuracy, "validation_images");
    add(" robust validation ", last.validation_robust_accuracy, "robust_validation_images");
    words.pop_back();
  }
  if (!run.configured("robust_validation").empty()) {
    words += ". Robust validation: " + std::string(run.configured("robust_validation"));
  }
  return words + ". Training accuracy is on the images as trained: augmented, attacked.";
}

}  // namespace

std::vector<Plot> training_plots(const TrainingRun& run) {
  return {plot(run, "Loss", "Loss", {series_of(run, "Loss", 0, &Epoch::loss)}),
          plot(run, "Accuracy", "Accuracy",
               {series_of(run, "Training", 0, &Epoch::train_accuracy),
                series_of(run, "Validation", 1, &Epoch::validation_accuracy),
                series_of(run, "Robust validation", 2, &Epoch::validation_robust_accuracy)},
               true),
          plot(run, "Learning rate", "Learning rate",
               {series_of(run, "Learning rate", 3, &Epoch::learning_rate)}),
          plot(run, "Time an epoch", "Seconds", {series_of(run, "Seconds", 4, &Epoch::seconds)})};
}

std::vector<Plot> comparison_plots(const std::vector<TrainingRun>& runs) {
  if (runs.size() < 2) return {};
  const auto together = [&](const std::string& title, Figure figure, bool fractions) {
    Plot plot;
    plot.title = title + " of " + std::to_string(runs.size()) + " runs";
    plot.x_label = "Epoch";
    plot.y_label = title;
    plot.fractions = fractions;
    plot.from_zero = plot.epochs = true;
    plot.listed = false;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      plot.series.push_back(
          series_of(runs[i], file_name(runs[i].source), static_cast<int>(i), figure));
    }
    return plot;
  };
  return {together("Loss", &Epoch::loss, false),
          together("Validation accuracy", &Epoch::validation_accuracy, true),
          together("Robust validation accuracy", &Epoch::validation_robust_accuracy, true)};
}

Plot range_test_plot(const RangeTest& test) {
  Plot plot;
  plot.title = "Range test: " + file_name(test.source);
  plot.x_label = "Learning rate";
  plot.y_label = "Loss";
  plot.decades = true;
  plot.listed = false;
  Series loss{"Loss of a batch", 5, {}}, smoothed{"Moving average", 0, {}};
  for (const RangeTest::Step& step : test.steps) {
    loss.points.push_back({step.learning_rate, step.loss});
    if (step.smoothed_loss) smoothed.points.push_back({step.learning_rate, *step.smoothed_loss});
  }
  plot.series = {std::move(loss), std::move(smoothed)};
  return plot;
}

Markup training_section(const TrainingRun& run, std::size_t number) {
  Markup section =
      element("h3", {{"id", "training-" + std::to_string(number)}}, text(file_name(run.source))) +
      element("p", {{"class", "note"}}, text(summary(run)));
  Markup plots;
  for (const Plot& plot : training_plots(run)) plots += line_plot(plot);
  if (!plots.empty()) section += element("div", {{"class", "plots"}}, plots);
  if (!run.epochs.empty()) section += epochs_table(run);
  return section + configuration_table(run);
}

}  // namespace signflip::report
