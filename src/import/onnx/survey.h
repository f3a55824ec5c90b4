// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "import/onnx/model.h"

namespace tn::import {

/// A node that cannot be imported.
struct OnnxFailure {
  std::string name, op;
  int64_t opset = 0;  ///< of its domain
  std::string reason;
};

/// What an ONNX file holds, and what of it can be imported.
struct OnnxSurvey {
  std::map<std::string, size_t> nodes;  ///< by operator, those of inner graphs included
  std::vector<OnnxFailure> failures;    ///< all of them; what only follows from another failure is none
  Graph graph;                          ///< what can be imported, with the outputs that are left
};

/// Throws Error for a file that cannot be read, and where the trouble is not that of a node.
OnnxSurvey survey_onnx(const std::filesystem::path& path, const OnnxOperators& operators,
                       const KnownInputs& known = {});

}  // namespace tn::import
