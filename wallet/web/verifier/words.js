// Made by `python -m wallet.web.generate`; do not edit.

/** Every finding of a check. */
export const FINDINGS = Object.freeze({
  "PARSED": {
    "outcome": "pass",
    "zh": "格式符合规定",
    "en": "has the agreed form",
    "advice": null
  },
  "NOT_PARSED": {
    "outcome": "fail",
    "zh": "格式不符合规定，或超过大小限制",
    "en": "has not the agreed form, or is too large",
    "advice": {
      "zh": "请持证人重新出示。",
      "en": "The holder should show it again."
    }
  },
  "NOT_EXAMINED": {
    "outcome": "unknown",
    "zh": "未能读出，未检查",
    "en": "not examined: it could not be read",
    "advice": null
  },
  "DISCLOSED": {
    "outcome": "pass",
    "zh": "出示的各项都属于本证照",
    "en": "every claim shown belongs to this certificate",
    "advice": null
  },
  "DISCLOSED_TWICE": {
    "outcome": "fail",
    "zh": "有信息项重复出示",
    "en": "a claim is shown twice",
    "advice": {
      "zh": "不要采用；请联系颁发机构核实。",
      "en": "Do not accept it; ask the issuer."
    }
  },
  "FOREIGN_CLAIM": {
    "outcome": "fail",
    "zh": "有信息项不属于本证照，可能被改动",
    "en": "a claim shown is not this certificate's: altered",
    "advice": {
      "zh": "不要采用；请联系颁发机构核实。",
      "en": "Do not accept it; ask the issuer."
    }
  },
  "LEADS": {
    "outcome": "pass",
    "zh": "上链凭据与证照相符",
    "en": "the receipt leads from this certificate to a root",
    "advice": null
  },
  "LEADS_NOWHERE": {
    "outcome": "fail",
    "zh": "上链凭据残缺或与位置不符",
    "en": "the receipt's path does not fit its position",
    "advice": {
      "zh": "不要采用；请联系颁发机构核实。",
      "en": "Do not accept it; ask the issuer."
    }
  },
  "ANCHORED": {
    "outcome": "pass",
    "zh": "已由颁发机构上链存证",
    "en": "anchored on the chain by its issuer",
    "advice": null
  },
  "YOUNG": {
    "outcome": "unknown",
    "zh": "刚刚上链，等待确认",
    "en": "anchored a moment ago, not final yet",
    "advice": {
      "zh": "稍等片刻再核验。",
      "en": "Wait a moment and check again."
    }
  },
  "VOIDED": {
    "outcome": "fail",
    "zh": "所在批次已被主管机关作废",
    "en": "its batch was voided by the authority",
    "advice": {
      "zh": "请持证人重新领取凭证。",
      "en": "The holder should claim the credential again."
    }
  },
  "REPLACED": {
    "outcome": "fail",
    "zh": "所在批次已被替换",
    "en": "its batch was replaced",
    "advice": {
      "zh": "请持证人重新领取凭证。",
      "en": "The holder should claim the credential again."
    }
  },
  "OTHER_ROOT": {
    "outcome": "fail",
    "zh": "与链上存证不符",
    "en": "the chain has another root for this batch",
    "advice": {
      "zh": "不要采用；请联系颁发机构核实。",
      "en": "Do not accept it; ask the issuer."
    }
  },
  "UNKNOWN_BATCH": {
    "outcome": "unknown",
    "zh": "尚无该批次的链上资料",
    "en": "this batch is not in the trust data",
    "advice": {
      "zh": "更新信任资料后再核验。",
      "en": "Get newer trust data and check again."
    }
  },
  "HAD_RIGHT": {
    "outcome": "pass",
    "zh": "上链时颁发机构有权颁发此类证照",
    "en": "its issuer had the right to this type when it was anchored",
    "advice": null
  },
  "NO_RIGHT": {
    "outcome": "fail",
    "zh": "上链时颁发机构无权颁发此类证照",
    "en": "its issuer had no right to this type when it was anchored",
    "advice": {
      "zh": "不要采用；请联系颁发机构核实。",
      "en": "Do not accept it; ask the issuer."
    }
  },
  "RIGHT_UNKNOWN": {
    "outcome": "unknown",
    "zh": "未确认上链时间，无法判断颁发权限",
    "en": "no anchor to judge the right to issue by",
    "advice": {
      "zh": "更新信任资料后再核验。",
      "en": "Get newer trust data and check again."
    }
  },
  "SIGNED": {
    "outcome": "pass",
    "zh": "颁发机构的签名有效",
    "en": "signed by its issuer",
    "advice": null
  },
  "ISSUER_UNKNOWN": {
    "outcome": "unknown",
    "zh": "信任资料中没有该颁发机构",
    "en": "its issuer is not in the trust data",
    "advice": {
      "zh": "更新信任资料后再核验。",
      "en": "Get newer trust data and check again."
    }
  },
  "NOT_THE_ISSUER": {
    "outcome": "fail",
    "zh": "签名机构既非颁发机构，也非其承继机构",
    "en": "signed by another than its issuer or a successor",
    "advice": {
      "zh": "不要采用；请联系颁发机构核实。",
      "en": "Do not accept it; ask the issuer."
    }
  },
  "KEY_UNKNOWN": {
    "outcome": "unknown",
    "zh": "签名密钥晚于信任资料",
    "en": "the signing key may be newer than the trust data",
    "advice": {
      "zh": "更新信任资料后再核验。",
      "en": "Get newer trust data and check again."
    }
  },
  "FOREIGN_KEY": {
    "outcome": "fail",
    "zh": "签名密钥不属于颁发机构",
    "en": "the signing key is not its issuer's",
    "advice": {
      "zh": "不要采用；请联系颁发机构核实。",
      "en": "Do not accept it; ask the issuer."
    }
  },
  "WRONG_USE": {
    "outcome": "fail",
    "zh": "该密钥不得用于签发凭证",
    "en": "the key may not sign credentials",
    "advice": {
      "zh": "不要采用；请联系颁发机构核实。",
      "en": "Do not accept it; ask the issuer."
    }
  },
  "COMPROMISED": {
    "outcome": "fail",
    "zh": "签名密钥已泄露",
    "en": "the signing key was compromised",
    "advice": {
      "zh": "请持证人重新领取凭证。",
      "en": "The holder should claim the credential again."
    }
  },
  "OUTSIDE_WINDOW": {
    "outcome": "fail",
    "zh": "签名时间不在密钥有效期内",
    "en": "signed outside the key's time",
    "advice": {
      "zh": "请持证人重新领取凭证。",
      "en": "The holder should claim the credential again."
    }
  },
  "RETIRED": {
    "outcome": "fail",
    "zh": "签名密钥停用已超过三十天",
    "en": "the signing key was retired over 30 days ago",
    "advice": {
      "zh": "请持证人重新领取凭证。",
      "en": "The holder should claim the credential again."
    }
  },
  "NO_SM": {
    "outcome": "unknown",
    "zh": "签名使用国密 SM2，本机没有安装相应的算法库",
    "en": "signed with SM2, which this installation does not have",
    "advice": {
      "zh": "请安装国密算法库后再核验。",
      "en": "Install the extra `sm` and check again."
    }
  },
  "BAD_SIGNATURE": {
    "outcome": "fail",
    "zh": "签名不成立",
    "en": "the signature is wrong",
    "advice": {
      "zh": "不要采用；请联系颁发机构核实。",
      "en": "Do not accept it; ask the issuer."
    }
  },
  "OTHER_X5C": {
    "outcome": "fail",
    "zh": "所附密钥证书与签名密钥不符",
    "en": "the key certificate brought along is another key's",
    "advice": {
      "zh": "不要采用；请联系颁发机构核实。",
      "en": "Do not accept it; ask the issuer."
    }
  },
  "STANDS": {
    "outcome": "pass",
    "zh": "未被撤销、暂停或换发",
    "en": "not revoked, suspended or superseded",
    "advice": null
  },
  "STATUS_UNKNOWN": {
    "outcome": "unknown",
    "zh": "缺少状态资料",
    "en": "no status data at hand",
    "advice": {
      "zh": "更新信任资料后再核验。",
      "en": "Get newer trust data and check again."
    }
  },
  "STATUS_STALE": {
    "outcome": "unknown",
    "zh": "状态资料已过时",
    "en": "the status data are too old",
    "advice": {
      "zh": "更新信任资料后再核验。",
      "en": "Get newer trust data and check again."
    }
  },
  "NO_HISTORY": {
    "outcome": "unknown",
    "zh": "缺少当时的状态记录",
    "en": "no status history of that time",
    "advice": {
      "zh": "更新信任资料后再核验。",
      "en": "Get newer trust data and check again."
    }
  },
  "STANDS_THEN": {
    "outcome": "pass",
    "zh": "当时未被撤销、暂停或换发",
    "en": "not revoked, suspended or superseded at that time",
    "advice": null
  },
  "VOID_BY_LATER": {
    "outcome": "fail",
    "zh": "后来的决定自当时或更早起生效",
    "en": "a later decision takes effect from before that time",
    "advice": {
      "zh": "不要采用；请联系颁发机构核实。",
      "en": "Do not accept it; ask the issuer."
    }
  },
  "FOREIGN_LIST": {
    "outcome": "fail",
    "zh": "状态条目不属于该颁发机构",
    "en": "the status entry is not its issuer's",
    "advice": {
      "zh": "不要采用；请联系颁发机构核实。",
      "en": "Do not accept it; ask the issuer."
    }
  },
  "PARTS_STAND": {
    "outcome": "pass",
    "zh": "本证和各组成证照均未被撤销、暂停或换发",
    "en": "neither it nor any of its parts was revoked, suspended or superseded",
    "advice": null
  },
  "PARTS_STOOD": {
    "outcome": "pass",
    "zh": "当时本证和各组成证照均未被撤销、暂停或换发",
    "en": "neither it nor any of its parts was revoked, suspended or superseded at that time",
    "advice": null
  },
  "PARTS_NOT_SHOWN": {
    "outcome": "unknown",
    "zh": "未出示各组成证照的状态位置，无法判断组成证照是否有效",
    "en": "not shown where the status of its parts stands: they cannot be judged",
    "advice": {
      "zh": "请持证人连同该项一并出示。",
      "en": "The holder should show that claim too."
    }
  },
  "PART_UNKNOWN": {
    "outcome": "unknown",
    "zh": "缺少组成证照“{part}”的状态资料",
    "en": "no status data of its part “{part}” at hand",
    "advice": {
      "zh": "更新信任资料后再核验。",
      "en": "Get newer trust data and check again."
    }
  },
  "PART_STALE": {
    "outcome": "unknown",
    "zh": "组成证照“{part}”的状态资料已过时",
    "en": "the status data of its part “{part}” are too old",
    "advice": {
      "zh": "更新信任资料后再核验。",
      "en": "Get newer trust data and check again."
    }
  },
  "PART_VOID_BY_LATER": {
    "outcome": "fail",
    "zh": "后来对组成证照“{part}”的决定自当时或更早起生效",
    "en": "a later decision on its part “{part}” takes effect from before that time",
    "advice": {
      "zh": "不要采用；请联系颁发机构核实。",
      "en": "Do not accept it; ask the issuer."
    }
  },
  "IN_TIME": {
    "outcome": "pass",
    "zh": "在有效期内",
    "en": "within its validity",
    "advice": null
  },
  "EXPIRED": {
    "outcome": "fail",
    "zh": "证照已过期",
    "en": "the certificate has expired",
    "advice": {
      "zh": "请办理延续或换证。",
      "en": "It has to be extended."
    }
  },
  "NOT_BEGUN": {
    "outcome": "fail",
    "zh": "证照尚未生效",
    "en": "the certificate is not yet in force",
    "advice": {
      "zh": "不能采用。",
      "en": "It cannot be accepted."
    }
  },
  "CREDENTIAL_EXPIRED": {
    "outcome": "fail",
    "zh": "凭证已过期",
    "en": "the credential has expired",
    "advice": {
      "zh": "请持证人重新领取凭证。",
      "en": "The holder should claim the credential again."
    }
  },
  "CREDENTIAL_NOT_BEGUN": {
    "outcome": "fail",
    "zh": "凭证尚未生效",
    "en": "the credential is not yet in force",
    "advice": {
      "zh": "请持证人重新出示。",
      "en": "The holder should show it again."
    }
  },
  "BOUND": {
    "outcome": "pass",
    "zh": "由持证人本人钱包此刻出示",
    "en": "shown by its holder's wallet, here and now",
    "advice": null
  },
  "ANSWERS": {
    "outcome": "pass",
    "zh": "是对本部门这次查询的答复",
    "en": "answers this department's question",
    "advice": null
  },
  "NOT_BOUND": {
    "outcome": "n/a",
    "zh": "副本不含持有人签名，请核对本人",
    "en": "a copy is not bound to its holder: compare the person",
    "advice": null
  },
  "OTHER_KIND": {
    "outcome": "fail",
    "zh": "此处不接受这种出示方式",
    "en": "this kind of presentation is not accepted here",
    "advice": {
      "zh": "请持证人重新出示。",
      "en": "The holder should show it again."
    }
  },
  "NO_BINDING": {
    "outcome": "fail",
    "zh": "缺少持证人钱包的签名",
    "en": "the holder's wallet has not signed",
    "advice": {
      "zh": "请持证人重新出示。",
      "en": "The holder should show it again."
    }
  },
  "WRONG_BINDING": {
    "outcome": "fail",
    "zh": "持证人钱包的签名不成立",
    "en": "the holder's signature is wrong",
    "advice": {
      "zh": "不要采用；请联系颁发机构核实。",
      "en": "Do not accept it; ask the issuer."
    }
  },
  "OTHER_AUDIENCE": {
    "outcome": "fail",
    "zh": "不是向本方出示的",
    "en": "shown to somebody else",
    "advice": {
      "zh": "请持证人重新出示。",
      "en": "The holder should show it again."
    }
  },
  "OTHER_NONCE": {
    "outcome": "fail",
    "zh": "不是对本次请求的出示",
    "en": "answers another request",
    "advice": {
      "zh": "请持证人重新出示。",
      "en": "The holder should show it again."
    }
  },
  "TOO_OLD": {
    "outcome": "fail",
    "zh": "出示已超时",
    "en": "shown too long ago",
    "advice": {
      "zh": "请持证人重新出示。",
      "en": "The holder should show it again."
    }
  },
  "OTHER_HOLDER": {
    "outcome": "fail",
    "zh": "不是所查询的持证主体或证照",
    "en": "about another holder or certificate than asked for",
    "advice": {
      "zh": "不要采用；请联系颁发机构核实。",
      "en": "Do not accept it; ask the issuer."
    }
  },
  "NOT_ASKED": {
    "outcome": "unknown",
    "zh": "未说明由谁查询、查询何人",
    "en": "not said who asked, and about whom",
    "advice": null
  },
  "FITS": {
    "outcome": "pass",
    "zh": "符合登记的证照类型",
    "en": "fits the type as registered on the chain",
    "advice": null
  },
  "TYPE_UNKNOWN": {
    "outcome": "unknown",
    "zh": "信任资料中没有该证照类型",
    "en": "its type is not in the trust data",
    "advice": {
      "zh": "更新信任资料后再核验。",
      "en": "Get newer trust data and check again."
    }
  },
  "OTHER_DEFINITION": {
    "outcome": "fail",
    "zh": "类型定义与链上登记不符",
    "en": "the type's definition is not the chain's",
    "advice": {
      "zh": "更新信任资料后再核验。",
      "en": "Get newer trust data and check again."
    }
  },
  "OTHER_TYPE": {
    "outcome": "fail",
    "zh": "凭证所称类型与证照不符",
    "en": "the credential names another type than its certificate",
    "advice": {
      "zh": "不要采用；请联系颁发机构核实。",
      "en": "Do not accept it; ask the issuer."
    }
  },
  "NOT_IN_FORCE": {
    "outcome": "fail",
    "zh": "上链时该版类型未施行",
    "en": "that version of the type was not in force then",
    "advice": {
      "zh": "不要采用；请联系颁发机构核实。",
      "en": "Do not accept it; ask the issuer."
    }
  },
  "MISFIT": {
    "outcome": "fail",
    "zh": "信息项不符合证照类型",
    "en": "a claim does not fit the type",
    "advice": {
      "zh": "不要采用；请联系颁发机构核实。",
      "en": "Do not accept it; ask the issuer."
    }
  },
  "NOT_ON_PAPER": {
    "outcome": "fail",
    "zh": "副本含有不得印出的信息项",
    "en": "the copy shows a claim that may not be on paper",
    "advice": {
      "zh": "不要采用；请联系颁发机构核实。",
      "en": "Do not accept it; ask the issuer."
    }
  },
  "ANCHOR_UNKNOWN": {
    "outcome": "unknown",
    "zh": "未确认上链时间，无法判断类型版本",
    "en": "no anchor to judge the type's version by",
    "advice": {
      "zh": "更新信任资料后再核验。",
      "en": "Get newer trust data and check again."
    }
  }
});

/** What a certificate's status says, by status. */
export const STATUS_LINES = Object.freeze({
  "1": {
    "outcome": "fail",
    "zh": "证照已被撤销",
    "en": "the certificate was revoked",
    "advice": {
      "zh": "不能采用。",
      "en": "It cannot be accepted."
    }
  },
  "2": {
    "outcome": "fail",
    "zh": "证照已被暂停",
    "en": "the certificate is suspended",
    "advice": {
      "zh": "不能采用。",
      "en": "It cannot be accepted."
    }
  },
  "3": {
    "outcome": "fail",
    "zh": "证照已有新版",
    "en": "a newer version has taken its place",
    "advice": {
      "zh": "请持证人出示新版证照。",
      "en": "The holder should show the newer version."
    }
  }
});

/** What a credential's own entry says, by status. */
export const ENTRY_LINES = Object.freeze({
  "1": {
    "outcome": "fail",
    "zh": "该凭证已停用",
    "en": "this credential was withdrawn",
    "advice": {
      "zh": "请持证人重新领取凭证。",
      "en": "The holder should claim the credential again."
    }
  },
  "2": {
    "outcome": "fail",
    "zh": "该凭证已暂停",
    "en": "this credential is suspended",
    "advice": {
      "zh": "不能采用。",
      "en": "It cannot be accepted."
    }
  },
  "3": {
    "outcome": "fail",
    "zh": "该凭证已被新版取代",
    "en": "this credential's certificate has a newer version",
    "advice": {
      "zh": "请持证人出示新版证照。",
      "en": "The holder should show the newer version."
    }
  }
});

/** What the status of a part says, by status; {part} is its name. */
export const PART_LINES = Object.freeze({
  "1": {
    "outcome": "fail",
    "zh": "组成证照“{part}”已被撤销",
    "en": "its part “{part}” was revoked",
    "advice": {
      "zh": "不能采用。",
      "en": "It cannot be accepted."
    }
  },
  "2": {
    "outcome": "fail",
    "zh": "组成证照“{part}”已被暂停",
    "en": "its part “{part}” is suspended",
    "advice": {
      "zh": "不能采用。",
      "en": "It cannot be accepted."
    }
  },
  "3": {
    "outcome": "unknown",
    "zh": "组成证照“{part}”已有新版，本证未载明新版是否有效",
    "en": "its part “{part}” has a newer version, of which this certificate does not tell whether it stands",
    "advice": {
      "zh": "请持证人换领综合许可证，或另行出示该组成证照的新版。",
      "en": "The holder should renew this one, or show the newer version of that part beside it."
    }
  }
});

/** The departments' terms. */
export const REASONS = Object.freeze({
  "issued": {
    "zh": "新办",
    "en": "issued"
  },
  "changed": {
    "zh": "变更",
    "en": "changed"
  },
  "extended": {
    "zh": "延续",
    "en": "extended"
  },
  "deemed_extended": {
    "zh": "视为准予延续",
    "en": "deemed extended"
  },
  "exchanged": {
    "zh": "换证",
    "en": "exchanged for a new form"
  },
  "replaced_lost": {
    "zh": "补领（遗失）",
    "en": "replaced after loss"
  },
  "replaced_damaged": {
    "zh": "补领（损毁）",
    "en": "replaced after damage"
  },
  "corrected": {
    "zh": "更正",
    "en": "corrected"
  },
  "reissued": {
    "zh": "重新颁发",
    "en": "issued again"
  },
  "cancelled_on_request": {
    "zh": "注销（依申请）",
    "en": "cancelled on request"
  },
  "cancelled_not_extended": {
    "zh": "注销（期满未延续）",
    "en": "cancelled, not extended"
  },
  "cancelled_holder_deceased": {
    "zh": "注销（持证人死亡）",
    "en": "cancelled, holder deceased"
  },
  "cancelled_entity_ended": {
    "zh": "注销（主体终止）",
    "en": "cancelled, entity ended"
  },
  "cancelled_impossible": {
    "zh": "注销（不可抗力）",
    "en": "cancelled, cannot be carried out"
  },
  "cancelled_after_withdrawal": {
    "zh": "注销（撤销、撤回、吊销后）",
    "en": "cancelled after withdrawal"
  },
  "penalty": {
    "zh": "吊销",
    "en": "revoked as a penalty"
  },
  "withdrawn": {
    "zh": "撤回",
    "en": "withdrawn"
  },
  "annulled": {
    "zh": "撤销",
    "en": "annulled"
  },
  "issued_in_error": {
    "zh": "错发作废",
    "en": "issued in error"
  },
  "withheld": {
    "zh": "暂扣",
    "en": "withheld"
  },
  "frozen": {
    "zh": "冻结",
    "en": "frozen"
  },
  "reported_lost": {
    "zh": "挂失",
    "en": "reported lost"
  },
  "commitment_overdue": {
    "zh": "承诺逾期",
    "en": "commitment overdue"
  },
  "resumed": {
    "zh": "恢复",
    "en": "resumed"
  },
  "taken_back": {
    "zh": "撤回误签",
    "en": "taken back before anchoring"
  }
});

/** Names of verdicts. */
export const VERDICTS = Object.freeze({
  "valid": {
    "zh": "证照有效",
    "en": "Valid"
  },
  "copy": {
    "zh": "副本属实，请核对本人",
    "en": "A true copy: make sure of the person"
  },
  "invalid": {
    "zh": "核验不通过",
    "en": "Not valid"
  },
  "pending": {
    "zh": "正在上链，请稍后再验",
    "en": "Pending: being anchored, check again shortly"
  },
  "unknown": {
    "zh": "暂时无法核验",
    "en": "Could not be checked"
  },
  "stated": {
    "zh": "颁发机构书面答复",
    "en": "Stated by the issuer"
  }
});

/** Names of checks. */
export const CHECKS = Object.freeze({
  "parse": {
    "zh": "格式",
    "en": "Form"
  },
  "disclosures": {
    "zh": "披露项",
    "en": "Disclosed claims"
  },
  "path": {
    "zh": "批次路径",
    "en": "Path in the batch"
  },
  "anchor": {
    "zh": "上链锚定",
    "en": "Anchor on the chain"
  },
  "right": {
    "zh": "颁发权限",
    "en": "Right to issue"
  },
  "issuer_key": {
    "zh": "机构签名",
    "en": "Issuer's signature"
  },
  "status": {
    "zh": "证照状态",
    "en": "Status"
  },
  "time": {
    "zh": "有效期",
    "en": "Time"
  },
  "holder": {
    "zh": "出示人",
    "en": "Holder"
  },
  "type": {
    "zh": "证照类型",
    "en": "Type"
  }
});

/** Names of outcomes. */
export const OUTCOMES = Object.freeze({
  "pass": {
    "zh": "通过",
    "en": "passed"
  },
  "fail": {
    "zh": "不通过",
    "en": "failed"
  },
  "unknown": {
    "zh": "无法判断",
    "en": "unknown"
  },
  "n/a": {
    "zh": "不适用",
    "en": "does not apply"
  }
});

/** Why a code was not read. */
export const REFUSALS = Object.freeze({
  "bad-code": {
    "zh": "这不是有效的证照码",
    "en": "this is no proof code"
  },
  "unknown-origin": {
    "zh": "本机的信任包里没有这个颁发机构的资料，请更新后再核验",
    "en": "this trust bundle does not know the issuer's origin or certificate: update it and read again"
  },
  "only-a-link": {
    "zh": "这是一个网址，核验程序从不打开二维码里的网址",
    "en": "this is an address, and an address from a QR is never opened"
  }
});

/** Kinds of identifiers. */
export const ID_TYPES = Object.freeze({
  "citizen_number": {
    "zh": "公民身份号码",
    "en": "citizen number"
  },
  "credit_code": {
    "zh": "统一社会信用代码",
    "en": "unified social credit code"
  },
  "mainland_travel_permit": {
    "zh": "来往内地（大陆）通行证号码",
    "en": "mainland travel permit number"
  },
  "passport": {
    "zh": "护照号码",
    "en": "passport number"
  },
  "permanent_residence": {
    "zh": "外国人永久居留身份证号码",
    "en": "permanent residence number"
  }
});
