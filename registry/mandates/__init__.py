"""Acting for others (亲友代办, 监护人, 企业经办人): mandates, and who acts for whom in which case."""
