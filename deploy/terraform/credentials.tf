# What the pipeline knows of the databases. Secret variables reach a step only where its `env:` maps them.

resource "azuredevops_variable_group" "database" {
  project_id   = azuredevops_project.migration.id
  name         = var.variable_group_name
  description  = "Credentials of the databases that Drover migrates"
  allow_access = false

  variable {
    name  = "db_host"
    value = var.db_host
  }

  variable {
    name  = "db_name"
    value = var.db_name
  }

  variable {
    name  = "db_username"
    value = var.db_username
  }

  variable {
    name         = "db_password"
    secret_value = var.db_password
    is_secret    = true
  }

  dynamic "variable" {
    for_each = var.fleet_variables
    content {
      name  = variable.key
      value = variable.value
    }
  }

  dynamic "variable" {
    for_each = nonsensitive(toset(keys(var.fleet_secrets)))
    content {
      name         = variable.key
      secret_value = var.fleet_secrets[variable.key]
      is_secret    = true
    }
  }
}

# Only this pipeline may read it.
resource "azuredevops_pipeline_authorization" "variables" {
  project_id  = azuredevops_project.migration.id
  resource_id = azuredevops_variable_group.database.id
  type        = "variablegroup"
  pipeline_id = azuredevops_build_definition.migration.id
}
