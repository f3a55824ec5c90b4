// SPDX-License-Identifier: Apache-2.0
#include "api/run/inspector.h"

#include "api/run/guard.h"
#include "runtime/inspector.h"

namespace tn::api {

bool PublicInspector::setExecutionContext(tenon::IExecutionContext const* context) noexcept {
  context_ = context;
  return true;
}

char const* PublicInspector::getLayerInformation(int32_t layer, tenon::LayerInformationFormat format) const noexcept {
  return guard<char const*>(logger_, nullptr, [&] {
    const size_t count = engine_->layers(profile()).size();
    if (layer < 0 || static_cast<size_t>(layer) >= count)
      throw Error(ErrorCode::InvalidArgument, "layer {} does not exist; the engine has {}", layer, count);
    const auto describe = format == tenon::LayerInformationFormat::kJSON ? layer_json : layer_line;
    text_ = describe(*engine_, profile(), static_cast<size_t>(layer));
    return text_.c_str();
  });
}

char const* PublicInspector::getEngineInformation(tenon::LayerInformationFormat format) const noexcept {
  return guard<char const*>(logger_, nullptr, [&] {
    const auto describe = format == tenon::LayerInformationFormat::kJSON ? engine_json : engine_lines;
    text_ = describe(*engine_, profile());
    return text_.c_str();
  });
}

}  // namespace tn::api
