// The sections of a report's page, one function each; report.cpp puts them in order.
#pragma once

#include "evaluate/report/markup.h"
#include "evaluate/report/plot.h"
#include "evaluate/report/subjects.h"

namespace signflip::report {

/// "mnist, test set".
std::string dataset_title(const DatasetGroup& group);

/// For each subject and budget: clean accuracy, weakest and strongest attack, verified accuracy.
Markup glance_section(const DatasetGroup& group);
/// Attacks down, subjects across: robust accuracy, the highest and lowest of each budget marked.
Markup overview_section(const DatasetGroup& group);
/// Accuracy against ε for each subject, where there are several of it.
std::vector<Plot> accuracy_plots(const DatasetGroup& group);
/// The same as a section.
Markup curves_section(const DatasetGroup& group);
/// Certificates, beside the lowest accuracy found at the same ε.
Markup verified_section(const DatasetGroup& group);
/// Ours beside what is published at the same budget; nothing where nothing is.
Markup published_section(const DatasetGroup& group);
/// Confidence against accuracy for each subject, clean and under the strongest attack.
std::vector<Plot> calibration_plots(const DatasetGroup& group);
/// How far attacks without a budget had to go.
std::vector<Plot> distance_plots(const DatasetGroup& group);
/// Both, and the accuracy of each class.
Markup reliability_section(const DatasetGroup& group);
/// All figures of each subject, and its confusion matrices.
Markup details_section(const DatasetGroup& group);

/// Files, models and how the attacks were set.
Markup measured_section(const ReportInput& input, const std::vector<DatasetGroup>& groups);

/// Loss, accuracies, learning rate and time of a run, epoch by epoch.
std::vector<Plot> training_plots(const TrainingRun& run);
/// Loss and validation accuracies of several runs together; nothing for one.
std::vector<Plot> comparison_plots(const std::vector<TrainingRun>& runs);

/// Loss against learning rate.
Plot range_test_plot(const RangeTest& test);

/// One training run: curves, all epochs, configuration.
Markup training_section(const TrainingRun& run, std::size_t number);

/// The style sheet.
std::string_view style_sheet();
/// That of a plot in a file of its own.
std::string_view picture_style();

}  // namespace signflip::report
