// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "builder/calibration.h"
#include "builder/held_out.h"
#include "quant/calibrator.h"
#include "quant/plan.h"

namespace tn {

/// The calibrator whose ranges change the network's outputs least.
struct CalibratorChoice {
  quant::Calibrator calibrator;
  std::string explanation;  ///< signal over noise of each, in dB
};

/// Tries some calibrators on samples that were not calibrated with: the network with rounded operands against the one
/// without, both in f32.
CalibratorChoice choose_calibrator(const Graph& graph, const Histograms& histograms, const HeldOut& held_out,
                                   bool allow_unsigned);

/// Ranges of all that was observed. What was never negative may become unsigned.
quant::Plan ranges_by(const Histograms& histograms, const quant::Calibrator& calibrator, bool allow_unsigned = false);

}  // namespace tn
