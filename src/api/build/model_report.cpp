// SPDX-License-Identifier: Apache-2.0
#include "tenon/model_report.h"

#include "api/run/convert.h"
#include "api/run/guard.h"
#include "api/run/logger.h"
#include "builder/model_report.h"

namespace tn::api {
namespace {

class PublicReport final : public tenon::IModelReport {
 public:
  explicit PublicReport(ModelReport report) : report_(std::move(report)) {}
  bool isSupported() const noexcept override { return report_.supported; }
  char const* getText() const noexcept override { return report_.text.c_str(); }

 private:
  const ModelReport report_;
};

std::map<std::string, Shape> to_shapes(tenon::InputShape const* shapes, int32_t count) {
  std::map<std::string, Shape> result;
  for (int32_t i = 0; i < count; ++i)
    result.insert_or_assign(&not_null(shapes[i].name, "the name of an input"), to_shape(shapes[i].dims));
  return result;
}

}  // namespace
}  // namespace tn::api

namespace tenon {

IModelReport* createOnnxReport(ILogger& logger, char const* file, InputShape const* shapes, int32_t count) noexcept {
  tn::api::PublicLogger inside(logger);
  return tn::api::guard<IModelReport*>(inside, nullptr, [&] {
    const std::string path = &tn::api::not_null(file, "the path");
    return new tn::api::PublicReport(tn::report_onnx(path, tn::api::to_shapes(shapes, count)));
  });
}

IModelReport* createCaffeReport(ILogger& logger, char const* deploy, char const* model, InputShape const* shapes,
                                int32_t count, int64_t batch) noexcept {
  tn::api::PublicLogger inside(logger);
  return tn::api::guard<IModelReport*>(inside, nullptr, [&] {
    tn::import::CaffeOptions options{tn::api::to_shapes(shapes, count)};
    if (batch > 0) options.batch = batch;
    const std::string path = &tn::api::not_null(deploy, "the path of the prototxt");
    return new tn::api::PublicReport(tn::report_caffe(path, model ? model : "", options));
  });
}

}  // namespace tenon
