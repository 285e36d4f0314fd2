// SPDX-License-Identifier: GPL-3.0-or-later
/// The style sheet of the window: resources/style.qss with roles and scaled pixels filled in.
#include "views/style_sheet.h"

#include <QFile>
#include <QRegularExpression>
#include <array>
#include <cmath>
#include <utility>

namespace xkv::views {
namespace {

using NamedRole = std::pair<QLatin1String, QColor Roles::*>;

const std::array<NamedRole, 23>& namedRoles() {
  static const std::array<NamedRole, 23> table = {{
      {QLatin1String("window"), &Roles::window},
      {QLatin1String("panel"), &Roles::panel},
      {QLatin1String("field"), &Roles::field},
      {QLatin1String("header"), &Roles::header},
      {QLatin1String("sunken"), &Roles::sunken},
      {QLatin1String("raised"), &Roles::raised},
      {QLatin1String("border"), &Roles::border},
      {QLatin1String("control"), &Roles::control},
      {QLatin1String("grid"), &Roles::grid},
      {QLatin1String("text"), &Roles::text},
      {QLatin1String("text2"), &Roles::text2},
      {QLatin1String("text3"), &Roles::text3},
      {QLatin1String("accent"), &Roles::accent},
      {QLatin1String("on_accent"), &Roles::on_accent},
      {QLatin1String("tint"), &Roles::tint},
      {QLatin1String("hover"), &Roles::hover},
      {QLatin1String("keys"), &Roles::keys},
      {QLatin1String("values"), &Roles::values},
      {QLatin1String("bad"), &Roles::bad},
      {QLatin1String("bad_tint"), &Roles::bad_tint},
      {QLatin1String("warning"), &Roles::warning},
      {QLatin1String("good"), &Roles::good},
      {QLatin1String("warning_tint"), &Roles::warning_tint},
  }};
  return table;
}

/// A style sheet cannot tint an icon, so the one it uses exists in both colours.
QString chevron(const Roles& roles) {
  return roles.text.lightness() < 128 ? QStringLiteral(":/xkv/icons/chevron_down_light.svg")
                                      : QStringLiteral(":/xkv/icons/chevron_down_dark.svg");
}

QString valueOf(const Roles& roles, QStringView name) {
  if (name == QLatin1String("icon_chevron_down")) return chevron(roles);
  for (const auto& [known, role] : namedRoles()) {
    if (name == known) return (roles.*role).name();
  }
  return QStringLiteral("magenta");  // a misspelt role shows itself
}

}  // namespace

QString styleSheet(const Roles& roles, double scale) {
  QFile file(QStringLiteral(":/xkv/style.qss"));
  if (!file.open(QIODevice::ReadOnly)) return {};
  const QString source = QString::fromUtf8(file.readAll());
  static const QRegularExpression token(QStringLiteral("@([a-z_0-9]+)|\\{(\\d+)\\}"));
  QString sheet;
  qsizetype done = 0;
  for (auto matches = token.globalMatch(source); matches.hasNext();) {
    const auto match = matches.next();
    sheet += QStringView(source).mid(done, match.capturedStart() - done);
    if (match.capturedLength(1) > 0) {
      sheet += valueOf(roles, match.capturedView(1));
    } else {
      sheet += QString::number(std::lround(match.capturedView(2).toInt() * scale)) +
               QStringLiteral("px");
    }
    done = match.capturedEnd();
  }
  sheet += QStringView(source).mid(done);
  return sheet;
}

}  // namespace xkv::views
