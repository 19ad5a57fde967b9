"""Evaluates a template as CloudFormation does, for given values of its parameters.

It computes only what follows from the parameters. References to resources, to their
attributes and to pseudo parameters stay as they are.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import re

NO_VALUE = {"Ref": "AWS::NoValue"}
VARIABLE = re.compile(r"\$\{([^!}][^}]*)\}")


class Part(dict):
    """A mapping in a template. It knows its place, and the error about a missing key names that place."""

    def __init__(self, place, items):
        super().__init__(items)
        self.place = place

    def __missing__(self, key):
        raise KeyError(f"{self.place or 'the template'} has no {key}")


def placed(node, place=""):
    """Returns the node. Each mapping in it becomes a Part."""
    if isinstance(node, list):
        return [placed(item, f"{place}[{i}]") for i, item in enumerate(node)]
    if isinstance(node, dict):
        return Part(place, {key: placed(item, f"{place}.{key}".lstrip(".")) for key, item in node.items()})
    return node


def text(value):
    """Returns a parameter's value as CloudFormation has it, which is always a string."""
    return str(value).lower() if isinstance(value, bool) else str(value)


class Evaluation:
    """A template with the values of its parameters. They come from `settings`, or else are the defaults."""

    def __init__(self, template, settings):
        self.template = template
        defaults = {name: p["Default"] for name, p in template.get("Parameters", {}).items() if "Default" in p}
        self.parameters = {name: text(value) for name, value in {**defaults, **settings}.items()}
        self.functions = {
            "Ref": self._ref,
            "Fn::If": self._if,
            "Fn::FindInMap": self._find_in_map,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Split": self._split,
            "Fn::Select": self._select,
        }

    def result(self):
        """Returns the template with all parameters replaced by their values, without what the conditions leave out."""
        return {section: placed(self._existing(self.template.get(section, {})), section) for section in ("Resources", "Outputs")}

    def conditions(self):
        """Returns whether each condition holds, by its name."""
        return {name: self.holds({"Condition": name}) for name in self.template.get("Conditions", {})}

    def broken_rules(self):
        """Returns the names of the Rules that do not allow these values."""
        return [name for name, rule in self.template.get("Rules", {}).items() if not self._obeys(rule)]

    def value(self, node):
        """Returns a copy of the node, with its functions computed as far as possible."""
        if isinstance(node, list):
            items = [self.value(item) for item in node]
            return [item for item in items if item != NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            (name, argument), = node.items()
            if name in self.functions:
                return self.functions[name](argument)
        items = {name: self.value(item) for name, item in node.items()}
        return {name: item for name, item in items.items() if item != NO_VALUE}

    def holds(self, condition):
        """Returns whether a condition holds. Raises ValueError if it does not follow from the parameters."""
        (name, argument), = condition.items()
        if name == "Condition":
            return self.holds(self.template["Conditions"][argument])
        if name == "Fn::Not":
            return not self.holds(argument[0])
        if name == "Fn::And":
            return all([self.holds(each) for each in argument])
        if name == "Fn::Or":
            return any([self.holds(each) for each in argument])
        if name == "Fn::Equals":
            left, right = (self._decided(each, condition) for each in argument)
            return left == right
        if name == "Fn::Contains":
            return self._decided(argument[1], condition) in [text(each) for each in self.value(argument[0])]
        raise ValueError(f"{name} in {condition} is not known to .ci/cloudformation.py: add it there")

    def _obeys(self, rule):
        if "RuleCondition" in rule and not self.holds(rule["RuleCondition"]):
            return True
        return all(self.holds(each["Assert"]) for each in rule["Assertions"])

    def _existing(self, section):
        """Returns the entries of the section whose Condition holds, without their Condition."""
        return {
            name: self.value({key: item for key, item in entry.items() if key != "Condition"})
            for name, entry in section.items()
            if "Condition" not in entry or self.holds({"Condition": entry["Condition"]})
        }

    def _decided(self, node, condition):
        value = self.value(node)
        if isinstance(value, (dict, list)):
            raise ValueError(f"the value of {node} in {condition} does not follow from the parameters")
        return text(value)

    def _ref(self, name):
        if name not in self.parameters:
            return {"Ref": name}
        is_list = self.template["Parameters"][name]["Type"].startswith(("List<", "CommaDelimitedList"))
        return self.parameters[name].split(",") if is_list else self.parameters[name]

    def _if(self, argument):
        condition, then, otherwise = argument
        return self.value(then if self.holds({"Condition": condition}) else otherwise)

    def _find_in_map(self, argument):
        keys = [self.value(each) for each in argument]
        found = self.template.get("Mappings", {})
        for key in keys:
            if isinstance(key, dict):
                return {"Fn::FindInMap": keys}
            if text(key) not in found:
                raise ValueError(f"Mappings have no {' / '.join(map(text, keys))}")
            found = found[text(key)]
        return found

    def _sub(self, argument):
        pattern, variables = argument if isinstance(argument, list) else (argument, {})
        values = {**self.parameters, **{name: self.value(item) for name, item in variables.items()}}
        known = {name: text(item) for name, item in values.items() if not isinstance(item, (dict, list))}
        if all(name in known for name in VARIABLE.findall(pattern)):
            return VARIABLE.sub(lambda match: known[match[1]], pattern).replace("${!", "${")
        pattern = VARIABLE.sub(lambda match: known.get(match[1], match[0]), pattern)
        unknown = {name: values[name] for name in VARIABLE.findall(pattern) if name in variables}
        return {"Fn::Sub": [pattern, unknown] if unknown else pattern}

    def _join(self, argument):
        separator, items = argument[0], self.value(argument[1])
        if isinstance(items, dict) or any(isinstance(item, dict) for item in items):
            return {"Fn::Join": [separator, items]}
        return separator.join(map(text, items))

    def _split(self, argument):
        separator, whole = argument[0], self.value(argument[1])
        return {"Fn::Split": [separator, whole]} if isinstance(whole, dict) else whole.split(separator)

    def _select(self, argument):
        index, items = self.value(argument[0]), self.value(argument[1])
        if isinstance(index, dict) or isinstance(items, dict):
            return {"Fn::Select": [index, items]}
        return items[int(index)]
