// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/validate.h"

#include <vector>

#include "tenon/model_report.h"
#include "tenonexec/failure.h"
#include "tenonexec/ownership.h"
#include "tenonexec/specs.h"

namespace tenonexec {
namespace {

// The largest shapes of the first profile: memory is laid out for these.
Shapes largest_shapes(const BuildOptions& build) {
  return build.profiles.empty() ? Shapes()
                                : complete(build.profiles.begin()->second, build.profiles.begin()->first).max;
}

}  // namespace

void validate_model(const Options& options, Console& console) {
  const ModelOptions& model = options.model;
  const Shapes given = largest_shapes(options.build);
  std::vector<tenon::InputShape> shapes;
  for (const auto& [name, dims] : given) shapes.push_back({name.c_str(), dims});
  const auto count = static_cast<int32_t>(shapes.size());
  const char* weights = model.caffe_model.empty() ? nullptr : model.caffe_model.c_str();
  const auto report =
      own(model.deploy.empty()
              ? tenon::createOnnxReport(console, model.onnx.c_str(), shapes.data(), count)
              : tenon::createCaffeReport(console, model.deploy.c_str(), weights, shapes.data(), count, model.batch));
  console.info("=== Model Validation ===");
  for (const std::string& line : split(report->getText(), '\n'))
    if (!line.empty()) console.write(tenon::ILogger::Severity::kINFO, line);
  if (!report->isSupported()) throw Failure("{} cannot be built: see the lines \"Not supported\"", model.file());
  console.info("The model can be imported.");
}

}  // namespace tenonexec
